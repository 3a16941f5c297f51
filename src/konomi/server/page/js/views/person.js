// A person: shared favorites, differences, and titles that they loved and you have not seen.
import { get, post } from "../api.js";
import { action, card, likeHref, match } from "../cards.js";
import { announce, fill, h } from "../dom.js";
import { failure, grid, hint, notes, part } from "../parts.js";
import { history, list, setRow } from "../store.js";
import { title as shown, titleOf } from "../titles.js";
import { alike, count, number } from "../words.js";

const N_FAVORITES = 24;
const N_COMPARED = 12;
const NO_VALUE = "–";

export async function showPerson(main, id) {
  document.title = `Viewer ${id} - konomi`;
  const address = `/api/users/${encodeURIComponent(id)}`;
  const user = await get(address, { limit: N_FAVORITES });
  const comparison = h("div", {});
  fill(main, head(user), comparison);
  if (!list().rows.length) {
    const invitation = hint(h("a", { href: "/" }, "Start a list"), " to see what you share.");
    fill(comparison, part("Their favorites", favorites(user.rows)), invitation);
    return;
  }
  try {
    const found = await post(`${address}/compare`, { history: history(), k: N_COMPARED });
    fill(comparison, compared(found));
  } catch (error) {
    fill(comparison, failure(error));
  }
}

function head(user) {
  const mean = user.mean_rating === null ? null : `${user.mean_rating.toFixed(1)} on average`;
  const facts = [count(user.n_rows, "title"), `${number(user.n_rated)} rated`, mean];
  return h(
    "div",
    { class: "intro" },
    h("p", { class: "kicker" }, h("a", { href: "/people" }, "People")),
    h("h1", {}, `Viewer ${user.user_id}`),
    h("p", {}, facts.filter(Boolean).join(" · ")),
  );
}

function favorites(rows) {
  const items = rows.map(({ item, rating }) => {
    const name = h("a", { class: "grow", href: likeHref(item) }, shown(item));
    return h("li", {}, name, h("span", { class: "number" }, rating ?? NO_VALUE));
  });
  return h("ul", { class: "rows" }, items);
}

function compared(found) {
  const shared = part("You both like", pairs("The rarest first", found.shared_favorites, NO_SHARED));
  const apart = part("Where you differ", pairs("Furthest apart first", found.differences, NO_DIFFERENCE));
  return [
    h("p", { class: "verdict" }, verdict(found)),
    notes(found.notes),
    h("div", { class: "two" }, shared, apart),
    part("They loved it, you have not seen it", theirLoves(found.they_loved)),
  ];
}

const NO_SHARED = "Nothing that both of you rate highly.";
const NO_DIFFERENCE = "You agree on whatever both of you rated.";

// "21% alike · 3 titles in common · your scores agree", as far as it is known.
export function verdict({ similarity, n_shared: nShared, correlation }) {
  const parts = [
    similarity === null ? null : alike(similarity),
    `${count(nShared, "title")} in common`,
    correlation === null ? null : agreement(correlation),
  ];
  return parts.filter(Boolean).join(" · ");
}

function agreement(correlation) {
  if (correlation > 0.5) return "your scores agree";
  if (correlation > 0.15) return "your scores agree somewhat";
  if (correlation > -0.15) return "your scores have little to do with each other";
  return "your scores disagree";
}

function pairs(order, rows, ifNone) {
  if (!rows.length) return hint(ifNone);
  const column = (name) => h("th", { scope: "col" }, name);
  const columns = [h("span", { class: "unseen" }, "Title"), "You", "They"].map(column);
  const lines = rows.map(({ item, yours, theirs }) => {
    const name = h("th", { scope: "row" }, h("a", { href: likeHref(item) }, shown(item)));
    return h("tr", {}, name, h("td", {}, yours ?? NO_VALUE), h("td", {}, theirs ?? NO_VALUE));
  });
  const table = h("table", { class: "pairs" }, h("thead", {}, h("tr", {}, columns)), h("tbody", {}, lines));
  return [hint(order), table];
}

function theirLoves(rows) {
  if (!rows.length) return hint("You have seen all that they loved.");
  const cards = rows.map(({ item, theirs }) => {
    const lead = theirs === null ? null : match(`they gave ${theirs}`);
    return card(item, { lead, actions: [planAction(item)] });
  });
  return grid(cards);
}

function planAction(item) {
  return action("Plan to watch", item, (event) => {
    setRow(item, { status: "planned" });
    announce(`${titleOf(item)} is planned`);
    event.target.replaceWith(h("span", { class: "hint" }, "Planned"));
  });
}
