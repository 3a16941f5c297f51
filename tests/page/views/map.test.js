import assert from "node:assert/strict";
import { test } from "node:test";
import { huesOf, namesOf, onMap } from "../../../src/konomi/server/page/js/views/map.js";

const found = {
  titles: ["Shingeki no Kyojin", "Mushishi"],
  titles_english: ["Attack on Titan", null],
  titles_japanese: ["進撃の巨人", "蟲師"],
};

test("dots are named in the language of choice", () => {
  assert.equal(namesOf(found, "title_japanese")(1), "蟲師");
});

test("a dot without a title in that language has its romaji one", () => {
  assert.equal(namesOf(found, "title_english")(1), "Mushishi");
});

test("dots are named in romaji by default", () => {
  assert.equal(namesOf(found, "title")(0), "Shingeki no Kyojin");
});

test("a dot has the color of its rarest genre, or the last one", () => {
  assert.deepEqual(huesOf({ kinds: [1, 0, -1], genres: ["Space", "Romance"] }), [3, 1, 7]);
});

test("rows whose title is not on the map have no dot", () => {
  const rows = [
    { item: { item_id: 5 }, rating: 9 },
    { item: { item_id: 6 }, rating: null },
  ];
  assert.deepEqual(onMap(rows, new Map([[5, 0]])), [{ n: 0, rating: 9 }]);
});
