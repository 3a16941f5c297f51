// For you: recommendations with their reasons. Removing a reason computes them again.
import { model, post } from "../api.js";
import { action, card } from "../cards.js";
import { announce, fill, h } from "../dom.js";
import { filterPanel } from "../filter-panel.js";
import { whereOf } from "../filters.js";
import { knobsOf } from "../knobs.js";
import { button, empty, ghosts, grid, hint, intro, load, notes, nothingFits, startLink } from "../parts.js";
import { whyChips } from "../reasons.js";
import { hidden, history, list, muted, rowOf, setHidden, setMuted, setRow } from "../store.js";
import { titleOf } from "../titles.js";
import { count } from "../words.js";

export const title = "For you";
const STEP = 24;
const MOST = 96;

const itemOf = (id) => rowOf(id)?.item;

// The body of the question. sent: the history. mutedIds and hiddenItems are not recommended.
export function questionOf(query, { sent, k, abilities, mutedIds, hiddenItems }) {
  const knobs = knobsOf(query);
  const why = { model: abilities.reasons, items: abilities.similar_items, users: false }[knobs.by];
  const without = [...mutedIds, ...hiddenItems.map((item) => item.item_id)];
  return { history: sent, k, why, ...knobs, where: { ...whereOf(query), without } };
}

export async function show(main, { query, setQuery }) {
  const from = h("p", {});
  const head = intro("For you", from);
  if (!list().rows.length) {
    const text = "Drop a list file or pick a few favorites, and this page fills.";
    fill(main, head, empty("There is no list yet", text, startLink("Start a list")));
    return undefined;
  }
  const leftOut = h("div", { class: "left-out" });
  const results = h("section", { "aria-label": "Recommendations" });
  const { abilities } = await model();
  let k = STEP;
  let asking = null;

  function ask() {
    asking?.abort();
    asking = new AbortController();
    const { signal } = asking;
    const sent = history();
    fill(leftOut, mutedPart(putBack), hiddenPart(putBack));
    from.textContent = sentFrom(sent, list().name);
    return load(results, () => answer(sent, signal), ask);
  }

  async function answer(sent, signal) {
    if (!sent.length) return empty("Every title of your list is taken out", "Put one back above.");
    const state = { sent, k, abilities, mutedIds: muted(), hiddenItems: hidden() };
    const question = questionOf(query, state);
    const found = await post("/api/recommendations", question, { signal });
    if (!found.results.length) return nothingFits();
    announce(count(found.results.length, "recommendation"));
    const isMore = found.results.length === k && k < MOST;
    return [
      notes(found.notes),
      question.why ? null : hint(whyNoReasons(question.by)),
      grid(found.results.map(recommendation)),
      isMore && h("div", { class: "more" }, button("Show more", showMore)),
    ];
  }

  function recommendation({ item, because }) {
    const seen = () => {
      setRow(item);
      gone(item, "is on your list now");
    };
    const notInterested = () => {
      setHidden([...hidden(), item]);
      gone(item, "will not be shown again");
    };
    const actions = [action("Seen it", item, seen), action("Not interested", item, notInterested)];
    return card(item, { why: whyChips(because, { itemOf, onremove: takeOut }), actions });
  }

  function gone(item, words) {
    announce(`${titleOf(item)} ${words}`);
    ask();
  }

  function takeOut(reason, name) {
    setMuted([...muted(), reason.item_id]);
    announce(`Scoring again without ${name}`);
    ask();
  }

  function putBack(change) {
    change();
    ask();
  }

  function showMore() {
    k += STEP;
    ask();
  }

  function filtersChanged() {
    setQuery(query);
    k = STEP;
    ask();
  }

  const panel = await filterPanel(query, filtersChanged, { knobs: true });
  fill(main, head, panel, leftOut, results);
  fill(results, ghosts());
  ask();
  return () => asking?.abort();
}

function sentFrom(sent, name) {
  const watched = sent.filter((row) => row.status !== "planned");
  return `From ${count(watched.length, "title")} of your list${name ? `, ${name}` : ""}.`;
}

const whyNoReasons = (by) =>
  by === "users"
    ? "People's likes add up to these; there are no single titles to name."
    : "This model gives no reasons.";

function mutedPart(putBack) {
  const ids = muted();
  if (!ids.length) return null;
  const chips = ids.map((id) => {
    const item = itemOf(id);
    const unmute = () => setMuted(muted().filter((other) => other !== id));
    return backChip(id, item ? titleOf(item) : String(id), () => putBack(unmute));
  });
  return h("div", { class: "why" }, h("p", {}, "Scored without"), h("ul", { class: "chips" }, chips));
}

function hiddenPart(putBack) {
  const items = hidden();
  if (!items.length) return null;
  const chips = items.map((item) => {
    const show = () => setHidden(hidden().filter((other) => other.item_id !== item.item_id));
    return backChip(item.item_id, titleOf(item), () => putBack(show));
  });
  const summary = h("summary", {}, `Not interested: ${count(items.length, "title")}`);
  return h("details", { class: "why" }, summary, h("ul", { class: "chips" }, chips));
}

function backChip(id, name, onclick) {
  const props = { class: "chip", type: "button", "data-left-out": id, "aria-label": `Put ${name} back`, onclick };
  const words = [h("span", { class: "text" }, name), h("span", { class: "amount" }, "put back")];
  return h("li", {}, h("button", props, words));
}
