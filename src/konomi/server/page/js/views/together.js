// Together: two lists, and titles that both may like.
import { model, post } from "../api.js";
import { card } from "../cards.js";
import { announce, fill, h } from "../dom.js";
import { filterPanel } from "../filter-panel.js";
import { setValue, whereOf } from "../filters.js";
import { listEditor } from "../list-editor.js";
import { empty, ghosts, grid, intro, load, notes, nothingFits, startLink } from "../parts.js";
import { whyChips } from "../reasons.js";
import { history, list, rowOf } from "../store.js";
import { count } from "../words.js";

export const title = "Together";
const INTRODUCTION = "Two people, one evening: titles that neither has seen and both may like.";
const N_TITLES = 24;
// The first is the default, which the address leaves out.
const HOW = [
  ["least", "The less happy of the two"],
  ["average", "Both on average"],
];

// The ways to combine two people's scores, as the server takes them.
export const howOf = (query) => (query.get("how") === "average" ? "average" : "least");

const itemOf = (id) => (rowOf(id) ?? rowOf(id, "friend"))?.item;

export async function show(main, { query, setQuery }) {
  const { abilities } = await model();
  const results = h("section", { "aria-label": "For both of you" });
  const status = h("p", { class: "hint" });

  function changed() {
    setQuery(query);
    ask();
  }

  function ask() {
    const mine = list().rows.length;
    status.textContent = mine ? `Your list has ${count(mine, "title")}.` : "";
    if (!mine || !list("friend").rows.length) {
      fill(results, missingList(mine));
      return undefined;
    }
    if (!results.querySelector(".cards")) fill(results, ghosts());
    return load(results, answer, ask);
  }

  async function answer() {
    const found = await post("/api/together", {
      people: [{ history: history() }, { history: history("friend") }],
      k: N_TITLES,
      how: howOf(query),
      where: whereOf(query),
      why: abilities.reasons,
    });
    announce(`${count(found.results.length, "title")} for both of you`);
    return [notes(found.notes), found.results.length ? joint(found.results) : nothingFits()];
  }

  const panel = await filterPanel(query, changed);
  const editor = listEditor({ which: "friend", onchange: ask });
  const friend = { class: "friend", "aria-label": "The other list" };
  fill(
    main,
    intro("Together", h("p", {}, INTRODUCTION), status),
    h("section", friend, h("h2", {}, "The other list"), editor),
    h("div", { class: "row between" }, panel, howField(query, changed)),
    results,
  );
  ask();
}

function missingList(mine) {
  const heading = "This takes two lists";
  if (mine) return empty(heading, "Add the other list above.");
  return empty(heading, "Your own list is missing.", startLink("Start your list"));
}

function howField(query, changed) {
  const choices = HOW.map(([value, text]) => {
    const onchange = () => {
      setValue(query, "how", value === HOW[0][0] ? "" : value);
      changed();
    };
    const radio = h("input", { type: "radio", name: "how", value, checked: howOf(query) === value, onchange });
    return h("label", { class: "check" }, radio, text);
  });
  return h("fieldset", { class: "how" }, h("legend", {}, "What counts"), choices);
}

// The bars of all titles have the same scale.
function joint(results) {
  const longest = Math.max(1, ...results.flatMap((result) => result.shares));
  const cards = results.map(({ item, shares, because }) =>
    card(item, { why: [shareBars(shares, longest), whyChips(because, { itemOf })] }),
  );
  return grid(cards);
}

function shareBars(shares, longest) {
  const bars = ["You", "They"].map((name, person) => {
    const value = shares[person];
    const label = `${name}: ${value.toFixed(1)} above what you make of the rest`;
    const bar = h("meter", { min: 0, max: longest, value: Math.max(0, value), "aria-label": label });
    return h("div", { class: "share" }, h("span", {}, name), bar);
  });
  return h("div", { class: "shares" }, bars);
}
