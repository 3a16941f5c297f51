import assert from "node:assert/strict";
import { test } from "node:test";
import { announce, debounce, fill, h } from "../../src/konomi/server/page/js/dom.js";
import { FakeClock, FakeDocument, setGlobal } from "./fake-browser.js";

setGlobal("document", new FakeDocument());

test("a prop that elements have is set as a property", () => {
  assert.equal(h("a", { href: "/map" }).href, "/map");
});

test("a prop that elements lack is set as an attribute", () => {
  assert.equal(h("p", { "data-item": 5 }).getAttribute("data-item"), "5");
});

test("an attribute of true is there and empty", () => {
  assert.equal(h("p", { "data-ready": true }).getAttribute("data-ready"), "");
});

test("props of null, undefined and false are left out", () => {
  assert.deepEqual(h("p", { "data-a": null, "data-b": undefined, "data-c": false }).attributes, {});
});

test("list is an attribute, since the property of that name is read-only", () => {
  assert.equal(h("input", { list: "titles" }).getAttribute("list"), "titles");
});

test("class becomes the class name", () => {
  assert.equal(h("p", { class: "row between" }).className, "row between");
});

test("a prop that begins with on listens to the event", () => {
  const heard = [];
  h("button", { onclick: () => heard.push("click") }).happens("click");
  assert.deepEqual(heard, ["click"]);
});

test("arrays of children are flattened at any depth", () => {
  assert.deepEqual(h("p", {}, "a", ["b", ["c"]]).childNodes, ["a", "b", "c"]);
});

test("children of null, undefined and false are left out, 0 and the empty text are not", () => {
  assert.deepEqual(h("p", {}, null, undefined, false, 0, "").childNodes, [0, ""]);
});

test("markup in a child stays text", () => {
  assert.deepEqual(h("p", {}, "<b>bold</b>").childNodes, ["<b>bold</b>"]);
});

test("fill replaces all children", () => {
  assert.deepEqual(fill(h("p", {}, "old", "older"), "new").childNodes, ["new"]);
});

test("a debounced action runs once, with the latest arguments", () => {
  const clock = new FakeClock();
  const calls = [];
  const act = debounce(90, (value) => calls.push(value));
  act("a");
  clock.pass(89);
  act("ab");
  clock.pass(89);
  assert.deepEqual(calls, []);
  clock.pass(1);
  assert.deepEqual(calls, ["ab"]);
});

test("an announcement is cleared after four seconds, counted from the latest", () => {
  const clock = new FakeClock();
  const announcer = h("div", { id: "announcer" });
  document.body.append(announcer);
  announce("24 recommendations");
  clock.pass(3000);
  announce("23 recommendations");
  clock.pass(3999);
  assert.equal(announcer.textContent, "23 recommendations");
  clock.pass(1);
  assert.equal(announcer.textContent, "");
});
