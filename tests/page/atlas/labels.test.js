import assert from "node:assert/strict";
import { test } from "node:test";
import { FreeSpace, shortened } from "../../../src/konomi/server/page/js/atlas/labels.js";

test("a box on free ground is taken", () => {
  assert.equal(new FreeSpace().take([0, 0, 10, 10]), true);
});

test("a box that overlaps a taken one is refused", () => {
  const space = new FreeSpace([[0, 0, 10, 10]]);
  assert.equal(space.take([9, 9, 10, 10]), false);
});

test("a box that is taken is not free for the next", () => {
  const space = new FreeSpace();
  space.take([0, 0, 10, 10]);
  assert.equal(space.take([5, 5, 1, 1]), false);
});

test("a box that was refused takes no room", () => {
  const space = new FreeSpace([[0, 0, 10, 10]]);
  space.take([5, 5, 10, 10]);
  assert.equal(space.take([11, 11, 3, 3]), true);
});

test("boxes may touch", () => {
  const space = new FreeSpace([[0, 0, 10, 10]]);
  assert.deepEqual([space.take([10, 0, 5, 5]), space.take([0, 10, 5, 5])], [true, true]);
});

test("a title of 32 letters is whole", () => {
  assert.equal(shortened("a".repeat(32)), "a".repeat(32));
});

test("a longer title has 30 letters and an ellipsis", () => {
  assert.equal(shortened("a".repeat(33)), `${"a".repeat(30)}…`);
});
