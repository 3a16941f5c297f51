import assert from "node:assert/strict";
import { test } from "node:test";
import { figureFacts } from "../../../src/konomi/server/page/js/views/about.js";

test("figures that a reader knows have a name", () => {
  assert.deepEqual(figureFacts({ ndcg_10: 0.5 }), [["NDCG@10", "0.5"]]);
});

test("other figures and those that are no numbers are left out", () => {
  assert.deepEqual(figureFacts({ residual: 1e-6, ndcg_10: null, coverage: "all" }), []);
});

test("whole numbers are whole, others have three digits", () => {
  const shown = figureFacts({ n_weights: 1234567, recall_10: 0.123456 });
  assert.deepEqual(shown, [
    ["Ties between titles", "1,234,567"],
    ["Recall@10", "0.123"],
  ]);
});
