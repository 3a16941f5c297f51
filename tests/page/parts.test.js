import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { h } from "../../src/konomi/server/page/js/dom.js";
import { failure, load, notes } from "../../src/konomi/server/page/js/parts.js";
import { FakeDocument, setGlobal } from "./fake-browser.js";

beforeEach(() => setGlobal("document", new FakeDocument()));

const problem = (status) => Object.assign(new Error("it broke"), { status });
const texts = (element) => element.children.map((child) => child.textContent);

test("a failure says what went wrong and offers to try again", () => {
  assert.deepEqual(texts(failure(problem(500), () => {})), ["That did not work", "It broke.", "Try again"]);
});

test("a failure without a way to try again offers none", () => {
  assert.deepEqual(texts(failure(problem(500))), ["That did not work", "It broke."]);
});

test("what does not exist leads back to the start, since trying again is no use", () => {
  assert.deepEqual(texts(failure(problem(404), () => {})), ["Not here", "It broke.", "Back to the start"]);
});

test("no answer is told from a refusal", () => {
  assert.equal(texts(failure(problem(0)))[0], "No answer from the server");
});

test("no notes are no list", () => {
  assert.equal(notes([]), null);
});

test("an element is busy until the answer is in it", async () => {
  const element = h("section", {});
  const loaded = load(element, async () => "the answer");
  assert.equal(element.getAttribute("aria-busy"), "true");
  await loaded;
  assert.deepEqual([element.textContent, element.getAttribute("aria-busy")], ["the answer", "false"]);
});

test("an answer that fails is shown as a failure", async () => {
  const element = h("section", {});
  await load(element, () => Promise.reject(problem(500)));
  assert.equal(element.children[0].className, "failure");
  assert.equal(element.getAttribute("aria-busy"), "false");
});

test("an answer that was aborted changes nothing, since a newer one is on its way", async () => {
  const element = h("section", {}, "the old answer");
  const aborted = Object.assign(new Error("aborted"), { name: "AbortError" });
  await load(element, () => Promise.reject(aborted));
  assert.deepEqual([element.textContent, element.getAttribute("aria-busy")], ["the old answer", "true"]);
});
