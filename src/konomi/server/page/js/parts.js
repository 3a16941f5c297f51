// Parts that several views share.
import { busy, fill, h } from "./dom.js";
import { sentence } from "./words.js";

export const intro = (heading, ...children) => h("div", { class: "intro" }, h("h1", {}, heading), children);

export const part = (heading, ...children) => h("section", { class: "part" }, h("h2", {}, heading), children);

export const hint = (...children) => h("p", { class: "hint" }, children);

export const button = (text, onclick, props = {}) =>
  h("button", { class: "button", type: "button", onclick, ...props }, text);

export const quietButton = (text, onclick, props = {}) => button(text, onclick, { class: "quiet", ...props });

export const startLink = (text) => h("a", { class: "button first", href: "/" }, text);

export const checkbox = (label, { checked, onchange }) =>
  h("label", { class: "check" }, h("input", { type: "checkbox", checked, onchange }), label);

export const grid = (cards) => h("div", { class: "cards" }, cards);

export const loneSearch = (...children) => h("div", { class: "lone-search" }, children);

export function notes(texts) {
  if (!texts.length) return null;
  const items = texts.map((text) => h("li", {}, text));
  return h("ul", { class: "notes" }, items);
}

// Gray cards until the first answer arrives.
export function ghosts(n = 6) {
  const cards = Array.from({ length: n }, () => h("div", { class: "ghost" }));
  return h("div", { class: "cards", "aria-hidden": "true" }, cards);
}

// level: "h1" if the view shows nothing else.
export function empty(heading, text, actions = null, level = "h2") {
  return h("div", { class: "empty" }, h(level, {}, heading), h("p", {}, text), h("div", { class: "row" }, actions));
}

export const nothingFits = () => empty("Nothing fits these filters", "Loosen one of them, and titles come back.");

// The message of an error and, if possible, an action.
export function failure(error, retry, level = "h2") {
  const again = retry && h("button", { class: "button", onclick: retry }, "Try again");
  const way = error.status === 404 ? linkBack() : again;
  return h(
    "div",
    { class: "failure", role: "alert" },
    h(level, {}, headingOf(error)),
    h("p", {}, sentence(error.message)),
    way && h("div", { class: "row" }, way),
  );
}

function headingOf({ status }) {
  if (status === 404) return "Not here";
  return status ? "That did not work" : "No answer from the server";
}

export const linkBack = () => h("a", { class: "button", href: "/" }, "Back to the start");

// Fills an element with what `answer` resolves to, or with its error. An aborted answer changes nothing.
export async function load(element, answer, retry) {
  busy(element);
  try {
    fill(element, await answer());
  } catch (error) {
    if (error.name === "AbortError") return;
    fill(element, failure(error, retry));
  }
  busy(element, false);
}
