import assert from "node:assert/strict";
import { test } from "node:test";
import {
  clearFilters,
  filterCount,
  genreState,
  setValue,
  toggleType,
  turnGenre,
  whereOf,
} from "../../src/konomi/server/page/js/filters.js";

const queryOf = (text) => new URLSearchParams(text);

// The address's query after a change.
function after(text, change) {
  const query = queryOf(text);
  change(query);
  return query.toString();
}

test("an address without filters asks for nothing", () => {
  assert.deepEqual(whereOf(queryOf("niche=0.5")), {});
});

test("types and genres are lists, even of one", () => {
  const where = whereOf(queryOf("type=TV&type=OVA&genre=Drama&genre_none=Horror"));
  assert.deepEqual(where, { type: ["TV", "OVA"], genre: ["Drama"], genre_none: ["Horror"] });
});

test("years, episodes and members are numbers", () => {
  assert.deepEqual(whereOf(queryOf("year_from=1990&min_members=500")), { year_from: 1990, min_members: 500 });
});

test("a number that is not whole is left out", () => {
  assert.deepEqual(whereOf(queryOf("year_from=soon&year_to=1990.5")), {});
});

test("adult titles are asked for by the word true alone", () => {
  assert.deepEqual(whereOf(queryOf("adult=true")), { adult: true });
  assert.deepEqual(whereOf(queryOf("adult=1")), {});
});

test("each type, each genre, each number and adult counts as a filter", () => {
  assert.equal(filterCount(queryOf("type=TV&type=OVA&genre=Drama&year_from=1990&adult=true&niche=1")), 5);
});

test("clearing takes all filters out and leaves the knobs", () => {
  const text = "type=TV&genre=Drama&genre_none=Horror&year_to=1990&adult=true&niche=0.5";
  assert.equal(after(text, clearFilters), "niche=0.5");
});

test("an empty value takes the filter out", () => {
  assert.equal(
    after("year_from=1990", (query) => setValue(query, "year_from", "")),
    "",
  );
});

test("a type is added to the types", () => {
  assert.equal(
    after("type=TV", (query) => toggleType(query, "OVA")),
    "type=TV&type=OVA",
  );
});

test("a type that is set is taken out, the others stay", () => {
  assert.equal(
    after("type=TV&type=OVA", (query) => toggleType(query, "TV")),
    "type=OVA",
  );
});

test("a genre turns from any to wanted to unwanted to any", () => {
  const query = queryOf("");
  const states = [];
  for (let turn = 0; turn < 4; turn += 1) {
    states.push(genreState(query, "Drama"));
    turnGenre(query, "Drama");
  }
  assert.deepEqual(states, ["any", "wanted", "unwanted", "any"]);
});

test("turning a genre leaves the other genres as they are", () => {
  assert.equal(
    after("genre=Drama&genre=Space&genre_none=Horror", (query) => turnGenre(query, "Drama")),
    "genre=Space&genre_none=Horror&genre_none=Drama",
  );
});
