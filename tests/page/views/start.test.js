import assert from "node:assert/strict";
import { test } from "node:test";
import { likedScore } from "../../../src/konomi/server/page/js/views/start.js";

test("a liked title has a score nine tenths up the scale", () => {
  assert.deepEqual([likedScore([1, 10]), likedScore([0, 100])], [9, 90]);
});

test("a liked title's score is on the scale even if that is narrow", () => {
  assert.equal(likedScore([0.6, 1]), 1);
  assert.equal(likedScore([0.2, 0.4]), 0.2);
});

test("a model without scores gives a liked title none", () => {
  assert.equal(likedScore(null), null);
});
