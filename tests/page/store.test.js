import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { FakeStorage, setGlobal } from "./fake-browser.js";

const monster = { item_id: 1, title: "Monster" };
const akira = { item_id: 2, title: "Akira" };
const planetes = { item_id: 3, title: "Planetes" };

let store;
let loads = 0;

// The module as a new tab has it: it remembers lists, so each test loads its own.
async function newTab() {
  loads += 1;
  return import(`../../src/konomi/server/page/js/store.js?tab=${loads}`);
}

beforeEach(async () => {
  setGlobal("localStorage", new FakeStorage());
  store = await newTab();
});

const titles = (which) => store.list(which).rows.map((row) => row.item.title);

test("a list is empty at first", () => {
  assert.deepEqual(store.list(), { name: "", rows: [] });
});

test("a row without further words is seen and has no score", () => {
  store.setRow(monster);
  assert.deepEqual(store.list().rows, [{ item: monster, rating: null, status: "completed" }]);
});

test("a new row is on top", () => {
  store.setRow(monster);
  store.setRow(akira);
  assert.deepEqual(titles(), ["Akira", "Monster"]);
});

test("a row of a title that is on the list takes the old one's place", () => {
  store.setRow(monster, { status: "planned" });
  store.setRow(monster, { rating: 9 });
  assert.deepEqual(store.list().rows, [{ item: monster, rating: 9, status: "completed" }]);
});

test("a removed row leaves the others in order", () => {
  for (const item of [monster, akira, planetes]) store.setRow(item);
  store.removeRow(akira.item_id);
  assert.deepEqual(titles(), ["Planetes", "Monster"]);
});

test("a change of rows keeps the list's name", () => {
  store.setList({ name: "Aki", rows: [] });
  store.setRow(monster);
  assert.equal(store.list().name, "Aki");
});

test("the friend's list is apart from yours", () => {
  store.setRow(monster);
  store.setRow(akira, {}, "friend");
  assert.deepEqual([titles(), titles("friend")], [["Monster"], ["Akira"]]);
});

test("a list is there in the next tab", async () => {
  store.setRow(monster, { rating: 10 });
  const next = await newTab();
  assert.deepEqual(next.list().rows, [{ item: monster, rating: 10, status: "completed" }]);
});

test("a row is found by its item's id", () => {
  store.setRow(monster);
  assert.equal(store.rowOf(1).item, monster);
  assert.equal(store.rowOf(2), undefined);
});

test("clearing your list forgets what was muted and hidden too", () => {
  store.setRow(monster);
  store.setMuted([1]);
  store.setHidden([akira]);
  store.clearList();
  assert.deepEqual([store.list().rows, store.muted(), store.hidden()], [[], [], []]);
});

test("clearing the friend's list keeps what you muted", () => {
  store.setMuted([1]);
  store.clearList("friend");
  assert.deepEqual(store.muted(), [1]);
});

test("the history has ids, scores and statuses", () => {
  store.setRow(monster, { rating: 9 });
  assert.deepEqual(store.history(), [{ item_id: 1, rating: 9, status: "completed" }]);
});

test("the history lacks muted titles", () => {
  store.setRow(monster);
  store.setRow(akira);
  store.setMuted([2]);
  assert.deepEqual(
    store.history().map((row) => row.item_id),
    [1],
  );
});

test("what you muted counts for the friend", () => {
  store.setRow(akira, {}, "friend");
  store.setMuted([2]);
  assert.equal(store.history("friend").length, 1);
});

test("planned titles have not been watched", () => {
  store.setRow(monster, { status: "planned" });
  store.setRow(akira, { status: "dropped" });
  assert.deepEqual(
    store.watched().map((row) => row.item),
    [akira],
  );
});

test("a stored value that is no JSON reads as the default", () => {
  localStorage.setItem("konomi.muted", "{half a val");
  assert.deepEqual(store.muted(), []);
});

test("a list lasts as long as the tab where the storage is full", () => {
  localStorage.setItem = () => {
    throw new Error("QuotaExceededError");
  };
  store.setRow(monster);
  assert.deepEqual(titles(), ["Monster"]);
});

test("titles are in romaji until another language is chosen", () => {
  assert.equal(store.language(), "title");
  store.setLanguage("title_english");
  assert.equal(store.language(), "title_english");
});
