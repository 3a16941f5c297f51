import assert from "node:assert/strict";
import { test } from "node:test";
import { leadsHere, opensView, routeOf } from "../../src/konomi/server/page/js/routes.js";

const ORIGIN = "http://127.0.0.1:8000";
const plain = { button: 0 };

const link = ({ pathname = "/map", hash = "", target = "", origin = ORIGIN, download = false } = {}) => ({
  pathname,
  hash,
  target,
  origin,
  hasAttribute: (name) => name === "download" && download,
});

for (const [address, title] of [
  ["/", "Start"],
  ["/for-you", "For you"],
  ["/like", "Like this"],
  ["/like/5", "Like this"],
  ["/people", "People"],
  ["/people/17", "People"],
  ["/together", "Together"],
  ["/planned", "Planned"],
  ["/map", "Map"],
  ["/about", "About this model"],
]) {
  test(`${address} shows ${title}`, async () => {
    const view = await routeOf(address).load();
    assert.equal(view.title, title);
  });
}

test("what follows a view's name is the id, still encoded", () => {
  assert.equal(routeOf("/like/a%2Fb").id, "a%2Fb");
});

test("an address without an id has none", () => {
  assert.equal(routeOf("/like").id, null);
});

test("unknown addresses have no route", () => {
  assert.deepEqual(["/nowhere", "/like/5/6", "/map/5", "/like/"].map(routeOf), [null, null, null, null]);
});

test("a link of the navigation is current at its address and below it", () => {
  assert.deepEqual(
    ["/like", "/like/5", "/likely", "/"].map((address) => leadsHere("/like", address)),
    [true, true, false, false],
  );
});

test("a plain click on a link of this page opens a view", () => {
  assert.equal(opensView(plain, link(), ORIGIN), true);
});

for (const [what, click] of [
  ["middle button", { button: 1 }],
  ["meta key", { button: 0, metaKey: true }],
  ["control key", { button: 0, ctrlKey: true }],
  ["shift key", { button: 0, shiftKey: true }],
  ["alt key", { button: 0, altKey: true }],
]) {
  test(`a click with the ${what} is the browser's`, () => {
    assert.equal(opensView(click, link(), ORIGIN), false);
  });
}

for (const [what, props] of [
  ["another site", { origin: "https://example.org" }],
  ["the interface for programs", { pathname: "/api/schema/openapi.json" }],
  ["a place on the page", { hash: "#main" }],
  ["another tab", { target: "_blank" }],
  ["a download", { download: true }],
]) {
  test(`a link to ${what} is the browser's`, () => {
    assert.equal(opensView(plain, link(props), ORIGIN), false);
  });
}
