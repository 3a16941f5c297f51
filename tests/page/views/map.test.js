import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { huesOf, namesOf, onMap, positionOf } from "../../../src/konomi/server/page/js/views/map.js";
import { FakeStorage, response, setGlobal } from "../fake-browser.js";

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
  assert.deepEqual(onMap(rows, new Map([[5, 0]])), [0]);
});

const rows = [{ item_id: 5, rating: 9, status: "completed" }];
let asked;

function serve(answer) {
  asked = [];
  setGlobal("fetch", async (path, { body }) => {
    asked.push({ path, body: JSON.parse(body) });
    return answer;
  });
}

beforeEach(() => setGlobal("sessionStorage", new FakeStorage()));

test("the server says where a list is", async () => {
  serve(response({ x: 0.25, y: -1, notes: [] }));
  assert.deepEqual(await positionOf(rows, true), { x: 0.25, y: -1 });
  assert.deepEqual(asked, [{ path: "/api/map", body: { history: rows, adult: true } }]);
});

test("a list without a title on the map is nowhere", async () => {
  serve(response({ x: null, y: null, notes: ["none of these titles is on the map"] }));
  assert.equal(await positionOf(rows, false), null);
});

test("a list that the model does not know is nowhere", async () => {
  serve(response({ code: "bad_history", message: "no id is known" }, 422));
  assert.equal(await positionOf(rows, false), null);
});

test("an empty list is nowhere, and the server is not asked", async () => {
  serve(response({}));
  assert.equal(await positionOf([], false), null);
  assert.deepEqual(asked, []);
});

test("another failure is shown", async () => {
  serve(response({ code: "busy", message: "ask again" }, 503));
  await assert.rejects(positionOf(rows, false), { code: "busy" });
});
