import assert from "node:assert/strict";
import { test } from "node:test";
import { knobsOf } from "../../src/konomi/server/page/js/knobs.js";

const knobs = (text) => knobsOf(new URLSearchParams(text));

test("without a word in the address every knob has its default", () => {
  assert.deepEqual(knobs(""), { by: "model", niche: 0, variety: 0, franchise: "all" });
});

test("knobs are read from the address", () => {
  const expected = { by: "users", niche: -0.5, variety: 0.3, franchise: "next" };
  assert.deepEqual(knobs("by=users&niche=-0.5&variety=0.3&franchise=next"), expected);
});

test("a choice that does not exist is the default", () => {
  const { by, franchise } = knobs("by=magic&franchise=twice");
  assert.deepEqual([by, franchise], ["model", "all"]);
});

test("a slider beyond its end is at the end", () => {
  const high = knobs("niche=7&variety=7");
  const low = knobs("niche=-7&variety=-7");
  assert.deepEqual([high.niche, high.variety, low.niche, low.variety], [1, 1, -1, 0]);
});

test("a slider that is no number is at 0", () => {
  assert.equal(knobs("niche=deep").niche, 0);
});
