import assert from "node:assert/strict";
import { test } from "node:test";
import { questionOf } from "../../../src/konomi/server/page/js/views/for-you.js";

const state = {
  sent: [{ item_id: 1, rating: 9, status: "completed" }],
  k: 24,
  abilities: { reasons: true, similar_items: true },
  mutedIds: [],
  hiddenItems: [],
};
const question = (text, changes = {}) => questionOf(new URLSearchParams(text), { ...state, ...changes });

test("a question has the history, the number of titles, the knobs and the filters", () => {
  assert.deepEqual(question("niche=0.5&type=Movie"), {
    history: state.sent,
    k: 24,
    why: true,
    by: "model",
    niche: 0.5,
    variety: 0,
    franchise: "all",
    where: { type: ["Movie"], without: [] },
  });
});

test("muted and hidden titles are not recommended", () => {
  const { where } = question("", { mutedIds: [1], hiddenItems: [{ item_id: 7 }] });
  assert.deepEqual(where.without, [1, 7]);
});

test("people like you give no reasons", () => {
  assert.equal(question("by=users").why, false);
});

test("a model gives reasons if it is able to", () => {
  const abilities = { reasons: false, similar_items: true };
  assert.equal(question("", { abilities }).why, false);
});

test("similar titles give reasons even if the model itself does not", () => {
  const abilities = { reasons: false, similar_items: true };
  assert.equal(question("by=items", { abilities }).why, true);
});
