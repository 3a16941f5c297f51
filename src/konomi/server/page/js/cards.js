// Cards: a title with its facts, the reasons for it, and its actions.
import { get } from "./api.js";
import { announce, h } from "./dom.js";
import { quietButton } from "./parts.js";
import { facts, genreLine, otherTitle, spine, title, titleOf } from "./titles.js";

const NO_SYNOPSIS = "There is no synopsis of this one.";

// lead: text before the facts, such as the similarity. why: an element. actions: buttons and links.
export function card(item, { lead = null, why = null, actions = [] } = {}) {
  const known = facts(item);
  const synopsis = h("div", {});
  const body = h(
    "div",
    { class: "card-body" },
    h("h3", {}, h("a", { href: likeHref(item) }, title(item))),
    otherTitle(item),
    h("p", { class: "facts" }, lead, lead && known ? " · " : null, known),
    genreLine(item),
    why,
    synopsis,
    h("div", { class: "card-actions" }, synopsisButton(item, synopsis), actions),
  );
  return h("article", { class: "card", "data-item": item.item_id }, spine(item), body);
}

export const match = (text) => h("span", { class: "match" }, text);

export const likeHref = (item) => `/like/${encodeURIComponent(item.item_id)}`;

export function action(text, item, onclick) {
  return quietButton(text, onclick, { "aria-label": `${text}: ${titleOf(item)}` });
}

export const synopsisOf = (page) => page.synopsis || NO_SYNOPSIS;

function synopsisButton(item, place) {
  const button = action("Synopsis", item, toggle);
  button.setAttribute("aria-expanded", "false");

  async function toggle() {
    const open = button.getAttribute("aria-expanded") === "true";
    button.setAttribute("aria-expanded", String(!open));
    if (open) {
      place.replaceChildren();
      return;
    }
    const text = await synopsisText(item);
    place.replaceChildren(h("p", { class: "synopsis" }, text));
    announce(text);
  }

  return button;
}

async function synopsisText(item) {
  try {
    return synopsisOf(await get(`/api/items/${encodeURIComponent(item.item_id)}`));
  } catch (error) {
    return error.message;
  }
}
