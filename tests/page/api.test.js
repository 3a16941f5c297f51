import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { addressOf, get, Problem, post, upload } from "../../src/konomi/server/page/js/api.js";
import { FakeDocument, FakeStorage, response, setGlobal } from "./fake-browser.js";

let asked;

// A server that answers with these responses, one after the other; an Error is thrown instead.
function serve(...responses) {
  asked = [];
  setGlobal("fetch", async (path, options) => {
    asked.push({ path, ...options });
    const next = responses.shift();
    if (next instanceof Error) throw next;
    return next;
  });
}

beforeEach(() => {
  setGlobal("sessionStorage", new FakeStorage());
  setGlobal("document", new FakeDocument());
});

// Answers the dialog that asks for a token; null is "Not now".
async function answerDialog(typed) {
  for (let turn = 0; turn < 20 && !document.body.children.length; turn += 1) await new Promise(setImmediate);
  const [dialog] = document.body.children;
  dialog.find((element) => element.id === "token").value = typed ?? "";
  dialog.returnValue = typed === null ? "" : "ok";
  const text = dialog.textContent;
  dialog.happens("close");
  return text;
}

test("values of a query are encoded", () => {
  assert.equal(addressOf("/api/items", { q: "a&b c" }), "/api/items?q=a%26b+c");
});

test("an array is sent once per value", () => {
  assert.equal(addressOf("/api/items", { type: ["TV", "OVA"] }), "/api/items?type=TV&type=OVA");
});

test("null, undefined, false and the empty text are left out of a query, 0 is not", () => {
  assert.equal(addressOf("/api/map", { a: null, b: undefined, c: false, d: "", e: 0 }), "/api/map?e=0");
});

test("an address without a query has no question mark", () => {
  assert.equal(addressOf("/api/map", { adult: false }), "/api/map");
});

test("an answer is the JSON that the server sent", async () => {
  serve(response({ results: [1, 2] }));
  assert.deepEqual(await get("/api/items"), { results: [1, 2] });
});

test("a body is posted as JSON", async () => {
  serve(response({}));
  await post("/api/planned", { history: [] });
  assert.equal(asked[0].method, "POST");
  assert.equal(asked[0].body, '{"history":[]}');
  assert.equal(asked[0].headers.get("Content-Type"), "application/json");
});

test("a file is uploaded under the last 200 letters of its name", async () => {
  serve(response({}));
  await upload({ name: `${"x".repeat(300)}.xml` });
  assert.equal(asked[0].path, `/api/lists?name=${"x".repeat(196)}.xml`);
});

test("a refusal has the server's status, code and message", async () => {
  serve(response({ code: "unknown_id", message: "no item 5" }, 404));
  const expected = { status: 404, code: "unknown_id", message: "no item 5" };
  await assert.rejects(get("/api/items/5"), expected);
});

test("a refusal that is no JSON names its status", async () => {
  serve(response("<html>Bad gateway</html>", 502));
  const expected = { status: 502, code: "unknown", message: "The server answered 502." };
  await assert.rejects(get("/api/items"), expected);
});

test("a good answer that is no JSON is a problem too", async () => {
  serve(response("half an answ"));
  await assert.rejects(get("/api/items"), Problem);
});

test("no answer is a problem of status 0 that says the list is safe", async () => {
  serve(new TypeError("Failed to fetch"));
  const expected = { status: 0, code: "no_answer", message: /Your list is safe in this browser/ };
  await assert.rejects(get("/api/items"), expected);
});

test("an aborted question fails as aborted, not as a problem", async () => {
  serve(Object.assign(new Error("aborted"), { name: "AbortError" }));
  await assert.rejects(get("/api/items"), { name: "AbortError" });
});

test("a token that is known is sent", async () => {
  sessionStorage.setItem("konomi.token", "open sesame");
  serve(response({}));
  await get("/api/users/17");
  assert.equal(asked[0].headers.get("Authorization"), "Bearer open sesame");
});

test("a server that wants a token is asked again with the one that was typed", async () => {
  serve(response({}, 401), response({ user_id: 17 }));
  const [answer] = await Promise.all([get("/api/users/17"), answerDialog(" secret ")]);
  assert.deepEqual(answer, { user_id: 17 });
  assert.equal(asked[1].headers.get("Authorization"), "Bearer secret");
});

test("a token that was typed is kept for the tab", async () => {
  serve(response({}, 401), response({}));
  await Promise.all([get("/api/users/17"), answerDialog("secret")]);
  assert.equal(sessionStorage.getItem("konomi.token"), "secret");
});

test("a wrong token is said to be wrong", async () => {
  sessionStorage.setItem("konomi.token", "old");
  serve(response({}, 401), response({}));
  const [text] = await Promise.all([answerDialog("new"), get("/api/users/17")]);
  assert.match(text, /That token was not the right one/);
});

test("without a token the refusal is the server's", async () => {
  serve(response({ code: "no_token", message: "send the header" }, 401));
  const refused = assert.rejects(get("/api/users/17"), { status: 401, code: "no_token" });
  await Promise.all([refused, answerDialog(null)]);
});

test("the dialog is gone once it is closed", async () => {
  serve(response({}, 401), response({}));
  await Promise.all([get("/api/users/17"), answerDialog("secret")]);
  assert.deepEqual(document.body.children, []);
});

test("what is served is asked once", async () => {
  const { model } = await import("../../src/konomi/server/page/js/api.js?asked=once");
  serve(response({ name: "linear" }));
  assert.deepEqual([await model(), await model()], [{ name: "linear" }, { name: "linear" }]);
  assert.equal(asked.length, 1);
});

test("what is served is asked again after a failure", async () => {
  const { model } = await import("../../src/konomi/server/page/js/api.js?asked=again");
  serve(new TypeError("Failed to fetch"), response({ name: "linear" }));
  await assert.rejects(model(), { status: 0 });
  assert.deepEqual(await model(), { name: "linear" });
});
