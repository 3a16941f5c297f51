import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { facts, hue, otherTitleOf, spine, title, titleOf } from "../../src/konomi/server/page/js/titles.js";
import { FakeDocument, FakeStorage, setGlobal } from "./fake-browser.js";

const frieren = { title: "Sousou no Frieren", title_english: "Frieren", title_japanese: "葬送のフリーレン" };

beforeEach(() => {
  setGlobal("document", new FakeDocument());
  setGlobal("localStorage", new FakeStorage());
});

const speak = (language) => localStorage.setItem("konomi.language", JSON.stringify(language));

test("a title is in the language of choice", () => {
  speak("title_english");
  assert.equal(titleOf(frieren), "Frieren");
});

test("a title that the language lacks is in romaji", () => {
  speak("title_english");
  assert.equal(titleOf({ title: "Mushishi", title_english: null }), "Mushishi");
});

test("a Japanese title is marked as Japanese", () => {
  speak("title_japanese");
  assert.equal(title(frieren).getAttribute("lang"), "ja");
});

test("the other title of a romaji one is Japanese", () => {
  assert.equal(otherTitleOf(frieren), "葬送のフリーレン");
});

test("the other title of a Japanese one is romaji", () => {
  speak("title_japanese");
  assert.equal(otherTitleOf(frieren), "Sousou no Frieren");
});

test("a title that is the same in all languages has no other", () => {
  assert.equal(otherTitleOf({ title: "Monster", title_english: "Monster", title_japanese: null }), null);
});

test("a genre of its own says more of a title than a vague one before it", () => {
  assert.equal(hue({ genres: ["Action", "Comedy", "Horror"] }), 7);
});

test("a vague genre gives the color where there is no other", () => {
  assert.equal(hue({ genres: ["Comedy", "Action"] }), 4);
});

test("titles without a genre that has a color have the last one", () => {
  assert.deepEqual([{ genres: [] }, { genres: null }, { genres: ["Award Winning"] }].map(hue), [7, 7, 7]);
});

test("a genre named as a part of every object has no color", () => {
  assert.equal(hue({ genres: ["constructor"] }), 7);
});

test("a spine has at most 18 letters", () => {
  assert.equal(spine({ title: "a".repeat(40), genres: [] }).textContent, "a".repeat(18));
});

test("facts are type, year, episodes and score", () => {
  assert.equal(facts({ type: "TV", year: 1998, episodes: 26, score: 8.75 }), "TV · 1998 · 26 episodes · rated 8.8");
});

test("facts that are unknown are left out", () => {
  assert.equal(facts({ type: "OVA", year: null, episodes: null, score: null }), "OVA");
});

test("a movie has no episodes", () => {
  assert.equal(facts({ type: "Movie", year: 1988, episodes: 1 }), "Movie · 1988");
});

test("a single episode is singular", () => {
  assert.equal(facts({ type: "Special", episodes: 1 }), "Special · 1 episode");
});
