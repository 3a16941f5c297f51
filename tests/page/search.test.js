import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { nextOption, searchField } from "../../src/konomi/server/page/js/search.js";
import { FakeClock, FakeDocument, FakeStorage, response, setGlobal } from "./fake-browser.js";

const found = [
  { item_id: 1, title: "Monster" },
  { item_id: 2, title: "Monster Musume" },
];
let clock;
let asked;
let picked;
let input;
let listbox;

// A server that answers with these responses, one after the other.
function serve(...responses) {
  setGlobal("fetch", async (path, options) => {
    asked.push({ path, ...options });
    return responses.shift();
  });
}

beforeEach(() => {
  setGlobal("document", new FakeDocument());
  setGlobal("localStorage", new FakeStorage());
  setGlobal("sessionStorage", new FakeStorage());
  clock = new FakeClock();
  asked = [];
  picked = [];
  const field = searchField({ label: "A title", placeholder: "", onpick: (item) => picked.push(item.title) });
  input = field.find((element) => element.tag === "input");
  listbox = field.find((element) => element.tag === "ul");
});

async function type(text) {
  input.value = text;
  input.happens("input");
  clock.pass(90);
  // The answer takes a few turns of the event loop.
  for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate);
}

const press = (key) => input.happens("keydown", { key });
const chosen = () => listbox.children.findIndex((option) => option.getAttribute("aria-selected") === "true");

test("arrows go round in a ring", () => {
  assert.deepEqual([nextOption(0, 1, 3), nextOption(2, 1, 3), nextOption(0, -1, 3)], [1, 0, 2]);
});

test("arrows choose nothing where nothing was found", () => {
  assert.deepEqual([nextOption(-1, 1, 0), nextOption(-1, -1, 0)], [-1, -1]);
});

test("typing asks for eight titles", async () => {
  serve(response({ results: found }));
  await type(" monster ");
  assert.deepEqual(
    asked.map((question) => question.path),
    ["/api/items?q=monster&limit=8"],
  );
});

test("the titles found are listed and the first is chosen", async () => {
  serve(response({ results: found }));
  await type("monster");
  assert.deepEqual(
    listbox.children.map((option) => option.textContent),
    ["Monster", "Monster Musume"],
  );
  assert.equal(listbox.hidden, false);
  assert.equal(chosen(), 0);
});

test("the field names the option that is chosen", async () => {
  serve(response({ results: found }));
  await type("monster");
  press("ArrowDown");
  assert.equal(input.getAttribute("aria-activedescendant"), listbox.children[1].id);
});

test("Enter picks what is chosen, and empties and closes the field", async () => {
  serve(response({ results: found }));
  await type("monster");
  press("ArrowDown");
  press("Enter");
  assert.deepEqual(picked, ["Monster Musume"]);
  assert.deepEqual([input.value, listbox.hidden], ["", true]);
});

test("Enter picks nothing from a closed list", async () => {
  serve(response({ results: found }));
  await type("monster");
  press("Escape");
  press("Enter");
  assert.deepEqual(picked, []);
});

test("a press of the mouse picks an option", async () => {
  serve(response({ results: found }));
  await type("monster");
  listbox.children[1].happens("mousedown");
  assert.deepEqual(picked, ["Monster Musume"]);
});

test("a search that finds nothing says so and lets nothing be picked", async () => {
  serve(response({ results: [] }));
  await type("zzz");
  press("ArrowDown");
  press("Enter");
  assert.equal(listbox.textContent, "No title comes near that");
  assert.deepEqual(picked, []);
  assert.equal(input.getAttribute("aria-activedescendant"), null);
});

test("a search that fails says why in a list that is open", async () => {
  serve(response({ code: "busy", message: "try again" }, 503));
  await type("monster");
  assert.equal(listbox.textContent, "try again");
  assert.equal(input.getAttribute("aria-expanded"), "true");
});

test("a new question aborts the one before", async () => {
  serve(response({ results: found }), response({ results: found }));
  await type("mon");
  await type("monster");
  assert.deepEqual(
    asked.map((question) => question.signal.aborted),
    [true, false],
  );
});

test("an empty field closes the list and asks nothing", async () => {
  serve(response({ results: found }));
  await type("monster");
  await type("");
  assert.deepEqual([listbox.hidden, asked.length], [true, 1]);
});

test("leaving the field closes the list", async () => {
  serve(response({ results: found }));
  await type("monster");
  input.happens("blur");
  assert.equal(input.getAttribute("aria-expanded"), "false");
});
