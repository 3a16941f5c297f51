import assert from "node:assert/strict";
import { test } from "node:test";
import { alike, count, number, percent, sentence } from "../../src/konomi/server/page/js/words.js";

test("thousands are separated by commas", () => {
  assert.equal(number(1234567), "1,234,567");
});

test("one title is singular, all other numbers are plural", () => {
  assert.deepEqual(
    [0, 1, 2000].map((n) => count(n, "title")),
    ["0 titles", "1 title", "2,000 titles"],
  );
});

test("a plural that is no s is given", () => {
  assert.equal(count(2, "person", "people"), "2 people");
});

test("a share is rounded to whole percent", () => {
  assert.deepEqual([0.005, 0.994, -0.5].map(percent), ["1%", "99%", "-50%"]);
});

test("a similarity is said in percent", () => {
  assert.equal(alike(0.18), "18% alike");
});

test("a message becomes a sentence", () => {
  assert.equal(sentence("no item 5 among the 90 items"), "No item 5 among the 90 items.");
});

test("a message that ends as a sentence keeps its end", () => {
  assert.deepEqual(["Really?", "Stop!", "Done."].map(sentence), ["Really?", "Stop!", "Done."]);
});
