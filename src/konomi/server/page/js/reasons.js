// Reasons: the titles whose contributions add up to a score, as chips.
import { h } from "./dom.js";
import { titleOf } from "./titles.js";

const N_CHIPS = 4;

// The largest positive reasons for a title, each with its percentage of their sum, at least 1.
export function largestReasons(because, n = N_CHIPS) {
  const speaking = because.filter((reason) => reason.contribution > 0);
  const total = speaking.reduce((sum, reason) => sum + reason.contribution, 0);
  const percentage = (reason) => Math.max(1, Math.round((100 * reason.contribution) / total));
  return speaking.slice(0, n).map((reason) => ({ ...reason, percentage: percentage(reason) }));
}

// because: as the server gives it, the largest first, or null. itemOf: from an id to its item, if it is on a list.
// onremove: takes (reason, its title) out of the history; without it the chips are not buttons.
export function whyChips(because, { itemOf, onremove = null }) {
  const reasons = largestReasons(because ?? []);
  if (!reasons.length) return null;
  const chips = reasons.map((reason) => h("li", {}, whyChip(reason, itemOf(reason.item_id), onremove)));
  return h("div", { class: "why" }, h("p", {}, "Because of"), h("ul", { class: "chips" }, chips));
}

function whyChip(reason, item, onremove) {
  const name = item ? titleOf(item) : reason.title;
  const share = `${reason.percentage}%`;
  const words = [h("span", { class: "text" }, name), h("span", { class: "amount" }, share)];
  if (!onremove || reason.kind === "popularity") return h("span", { class: "chip" }, words);
  const props = {
    class: "chip",
    type: "button",
    title: `Score again without ${name}`,
    "data-reason": reason.item_id,
    "aria-label": `${name}, ${share} of the score. Score again without it`,
    onclick: () => onremove(reason, name),
  };
  return h("button", props, words, h("span", { class: "cross", "aria-hidden": "true" }, "×"));
}
