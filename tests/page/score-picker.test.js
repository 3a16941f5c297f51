import assert from "node:assert/strict";
import { test } from "node:test";
import { scoresToOffer } from "../../src/konomi/server/page/js/score-picker.js";

test("whole scores of the scale are offered, best first", () => {
  assert.deepEqual(scoresToOffer([1, 5], null), [5, 4, 3, 2, 1]);
});

test("a scale that ends between whole scores offers those inside", () => {
  assert.deepEqual(scoresToOffer([0.5, 3.5], null), [3, 2, 1]);
});

test("the row's own score is offered first, and once", () => {
  assert.deepEqual(scoresToOffer([1, 3], 2), [2, 3, 1]);
});

test("the row's own score is offered although the scale lacks it", () => {
  assert.deepEqual(scoresToOffer([1, 3], 2.5), [2.5, 3, 2, 1]);
});

test("a model without scores takes 1 to 10", () => {
  assert.deepEqual(scoresToOffer(null, null), [10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
});
