import assert from "node:assert/strict";
import { test } from "node:test";
import { lighter } from "../../../src/konomi/server/page/js/atlas/painter.js";

test("a color is moved towards white by a share of the way", () => {
  assert.equal(lighter("#0080ff", 0.5), "rgb(128 192 255)");
});

test("a share of 0 leaves the color, a share of 1 is white", () => {
  assert.deepEqual([lighter("#123456", 0), lighter("#123456", 1)], ["rgb(18 52 86)", "rgb(255 255 255)"]);
});
