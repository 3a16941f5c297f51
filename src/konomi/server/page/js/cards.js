// Cards: a title with what is known of it, why it is here, and what can be done about it.
import { get } from "./api.js";
import { announce, h } from "./dom.js";
import { facts, otherTitle, spine, title, titleOf } from "./titles.js";

const N_CHIPS = 4;

// lead: words before the facts, such as how alike. why: an element. actions: buttons and links.
export function card(item, { lead = null, why = null, actions = [] } = {}) {
  const place = h("div", {});
  return h(
    "article",
    { class: "card", "data-item": item.item_id },
    spine(item),
    h(
      "div",
      { class: "card-body" },
      h("h3", {}, h("a", { href: likeHref(item) }, title(item))),
      otherTitle(item),
      h("p", { class: "facts" }, lead, lead && facts(item) ? " · " : null, facts(item)),
      item.genres?.length ? h("p", { class: "genres" }, item.genres.join(", ")) : null,
      why,
      place,
      h("div", { class: "card-actions" }, synopsisButton(item, place), actions),
    ),
  );
}

export const likeHref = (item) => `/like/${encodeURIComponent(item.item_id)}`;

export function action(text, item, onclick) {
  return h("button", { class: "quiet", type: "button", onclick, "aria-label": `${text}: ${titleOf(item)}` }, text);
}

function synopsisButton(item, place) {
  const button = h(
    "button",
    { class: "quiet", type: "button", "aria-expanded": "false", "aria-label": `Synopsis: ${titleOf(item)}` },
    "Synopsis",
  );
  button.addEventListener("click", async () => {
    if (button.getAttribute("aria-expanded") === "true") {
      place.replaceChildren();
      button.setAttribute("aria-expanded", "false");
      return;
    }
    button.setAttribute("aria-expanded", "true");
    let text = "There is no synopsis of this one.";
    try {
      text = (await get(`/api/items/${encodeURIComponent(item.item_id)}`)).synopsis || text;
    } catch (error) {
      text = error.message;
    }
    place.replaceChildren(h("p", { class: "synopsis" }, text));
    announce(text);
  });
  return button;
}

// Reasons as chips; with `onremove` each can be taken out of the history.
export function whyChips(because, { heading = "Because of", byId, onremove = null } = {}) {
  const positive = because.filter((reason) => reason.contribution > 0).slice(0, N_CHIPS);
  if (!positive.length) return null;
  const total = because.reduce((sum, reason) => sum + Math.max(reason.contribution, 0), 0);
  return h(
    "div",
    { class: "why" },
    h("p", {}, heading),
    h(
      "ul",
      { class: "chips" },
      positive.map((reason) => h("li", {}, whyChip(reason, total, byId, onremove))),
    ),
  );
}

function whyChip(reason, total, byId, onremove) {
  const item = byId?.(reason.item_id);
  const name = item ? titleOf(item) : reason.title;
  const share = `${Math.max(1, Math.round((100 * reason.contribution) / total))}%`;
  const text = h("span", { class: "text" }, name);
  const amount = h("span", { class: "amount" }, share);
  if (!onremove) return h("span", { class: "chip" }, text, amount);
  return h(
    "button",
    {
      class: "chip",
      type: "button",
      "data-reason": reason.item_id,
      title: `Score again without ${name}`,
      "aria-label": `${name}, ${share} of the score. Score again without it`,
      onclick: () => onremove(reason, name),
    },
    text,
    amount,
    h("span", { class: "cross", "aria-hidden": "true" }, "×"),
  );
}
