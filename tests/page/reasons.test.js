import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { largestReasons, whyChips } from "../../src/konomi/server/page/js/reasons.js";
import { FakeDocument, FakeStorage, setGlobal } from "./fake-browser.js";

beforeEach(() => {
  setGlobal("document", new FakeDocument());
  setGlobal("localStorage", new FakeStorage());
});

const because = (...contributions) =>
  contributions.map((contribution, n) => ({ item_id: n, title: `Title ${n}`, contribution }));
const percentages = (reasons) => reasons.map((reason) => reason.percentage);
const isChip = (element) => element.className === "chip";

test("a reason has its percentage of all that speaks for the title", () => {
  assert.deepEqual(percentages(largestReasons(because(3, 1))), [75, 25]);
});

test("what speaks against a title is no reason and is not in the sum", () => {
  assert.deepEqual(percentages(largestReasons(because(1, 1, -5))), [50, 50]);
});

test("reasons that are not shown count in the sum", () => {
  assert.deepEqual(percentages(largestReasons(because(4, 3, 2, 1), 2)), [40, 30]);
});

test("no reason is under one percent", () => {
  assert.deepEqual(percentages(largestReasons(because(1000, 1))), [100, 1]);
});

test("four reasons are shown at most", () => {
  assert.equal(largestReasons(because(6, 5, 4, 3, 2, 1)).length, 4);
});

test("a title without reasons has no chips", () => {
  const itemOf = () => undefined;
  assert.equal(whyChips(null, { itemOf }), null);
  assert.equal(whyChips(because(-1), { itemOf }), null);
});

test("a chip names the title as the list has it", () => {
  const itemOf = () => ({ title: "Sousou no Frieren" });
  assert.equal(whyChips(because(1), { itemOf }).find(isChip).textContent, "Sousou no Frieren100%");
});

test("a chip of a title that is on no list has the server's name for it", () => {
  const itemOf = () => undefined;
  assert.equal(whyChips(because(1), { itemOf }).find(isChip).textContent, "Title 0100%");
});

test("popularity is a reason that cannot be taken out", () => {
  const popularity = [{ item_id: null, title: "widely watched", contribution: 1, kind: "popularity" }];
  const chip = whyChips(popularity, { itemOf: () => undefined, onremove: () => {} }).find(isChip);
  assert.equal(chip.textContent, "widely watched100%");
  assert.equal(chip.tag, "span");
});

test("a chip that can be taken out tells its reason and its name", () => {
  const taken = [];
  const onremove = (reason, name) => taken.push([reason.item_id, name]);
  whyChips(because(1), { itemOf: () => undefined, onremove })
    .find(isChip)
    .happens("click");
  assert.deepEqual(taken, [[0, "Title 0"]]);
});
