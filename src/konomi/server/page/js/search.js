// The search field: a combobox that finds titles while you type.
import { get } from "./api.js";
import { debounce, h } from "./dom.js";
import { facts, title } from "./titles.js";

const TYPING_MS = 90;
const N_FOUND = 8;
const MAX_LETTERS = 200;
let made = 0;

// The index of the option that an arrow key selects among n options, in a circle; step is 1 or -1. -1: no option.
export const nextOption = (current, step, n) => (n === 0 ? -1 : (current + step + n) % n);

// onpick takes the item that was picked.
export function searchField({ label, placeholder, onpick, hideLabel = false }) {
  made += 1;
  const id = `search-${made}`;
  const listbox = h("ul", { id: `${id}-list`, role: "listbox", "aria-label": "Titles found", hidden: true });
  const input = h("input", {
    type: "search",
    id,
    placeholder,
    autocomplete: "off",
    maxLength: MAX_LETTERS,
    role: "combobox",
    "aria-expanded": "false",
    "aria-controls": `${id}-list`,
    "aria-autocomplete": "list",
  });
  let found = [];
  let chosen = -1;
  let asking = null;

  function open(items, ifNone) {
    found = items;
    const options = items.map((item, n) => titleOption(item, `${id}-${n}`, () => pick(n)));
    listbox.replaceChildren(...(options.length ? options : [noOption(ifNone)]));
    listbox.hidden = false;
    input.setAttribute("aria-expanded", "true");
    choose(items.length ? 0 : -1);
  }

  function close() {
    listbox.hidden = true;
    input.setAttribute("aria-expanded", "false");
    choose(-1);
  }

  function choose(n) {
    chosen = n;
    const options = [...listbox.children];
    for (const [other, option] of options.entries()) option.setAttribute("aria-selected", String(other === n));
    if (n < 0) {
      input.removeAttribute("aria-activedescendant");
      return;
    }
    input.setAttribute("aria-activedescendant", `${id}-${n}`);
    options[n].scrollIntoView({ block: "nearest" });
  }

  function pick(n) {
    input.value = "";
    close();
    onpick(found[n]);
  }

  const ask = debounce(TYPING_MS, async () => {
    asking?.abort();
    asking = new AbortController();
    const q = input.value.trim();
    if (!q) return close();
    try {
      const { results } = await get("/api/items", { q, limit: N_FOUND }, { signal: asking.signal });
      open(results, "No title comes near that");
    } catch (error) {
      if (error.name !== "AbortError") open([], error.message);
    }
  });

  function onkeydown(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      if (listbox.hidden) ask();
      else choose(nextOption(chosen, step, found.length));
    } else if (event.key === "Enter" && chosen >= 0) {
      event.preventDefault();
      pick(chosen);
    } else if (event.key === "Escape") {
      close();
    }
  }

  input.addEventListener("input", ask);
  input.addEventListener("blur", close);
  input.addEventListener("focus", () => {
    if (input.value.trim()) ask();
  });
  input.addEventListener("keydown", onkeydown);
  const words = h("label", { htmlFor: id, class: hideLabel ? "unseen" : "field-label" }, label);
  return h("div", { class: "search" }, words, input, listbox);
}

function titleOption(item, id, onpick) {
  const onmousedown = (event) => {
    // The field keeps the focus.
    event.preventDefault();
    onpick();
  };
  const props = { id, role: "option", "aria-selected": "false", onmousedown };
  return h("li", props, h("span", {}, title(item)), h("small", {}, facts(item)));
}

const noOption = (text) => h("li", { class: "none", role: "option", "aria-disabled": "true" }, text);
