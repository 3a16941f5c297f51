import assert from "node:assert/strict";
import { test } from "node:test";
import { verdict } from "../../../src/konomi/server/page/js/views/person.js";

test("a verdict has the similarity, the titles in common and how far the scores agree", () => {
  const text = verdict({ similarity: 0.21, n_shared: 3, correlation: 0.9 });
  assert.equal(text, "21% alike · 3 titles in common · your scores agree");
});

test("a verdict leaves out what is unknown", () => {
  assert.equal(verdict({ similarity: null, n_shared: 1, correlation: null }), "1 title in common");
});

for (const [correlation, words] of [
  [0.51, "your scores agree"],
  [0.5, "your scores agree somewhat"],
  [0.15, "your scores have little to do with each other"],
  [-0.15, "your scores disagree"],
]) {
  test(`a correlation of ${correlation} reads: ${words}`, () => {
    assert.equal(verdict({ similarity: null, n_shared: 0, correlation }), `0 titles in common · ${words}`);
  });
}
