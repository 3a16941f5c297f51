// The search field: a combobox that finds titles as somebody types.
import { get } from "./api.js";
import { debounce, h } from "./dom.js";
import { facts, title, titleOf } from "./titles.js";

let made = 0;

export function searchField({ label, placeholder, onpick, hideLabel = false }) {
  const id = `search-${++made}`;
  const listbox = h("ul", { id: `${id}-list`, role: "listbox", "aria-label": "Titles found", hidden: true });
  const input = h("input", {
    type: "search",
    id,
    placeholder,
    autocomplete: "off",
    spellcheck: false,
    role: "combobox",
    maxLength: 200,
    "aria-expanded": "false",
    "aria-controls": `${id}-list`,
    "aria-autocomplete": "list",
  });
  let found = [];
  let chosen = -1;
  let asking = null;

  function close() {
    listbox.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
    chosen = -1;
  }

  function choose(place) {
    chosen = place;
    for (const [n, option] of [...listbox.children].entries()) {
      option.setAttribute("aria-selected", String(n === place));
    }
    if (place >= 0) {
      input.setAttribute("aria-activedescendant", `${id}-${place}`);
      listbox.children[place].scrollIntoView({ block: "nearest" });
    }
  }

  function pick(place) {
    const item = found[place];
    if (!item) return;
    input.value = "";
    close();
    onpick(item);
  }

  function draw() {
    const options = found.map((item, n) =>
      h(
        "li",
        {
          id: `${id}-${n}`,
          role: "option",
          "aria-selected": "false",
          onmousedown: (event) => {
            event.preventDefault();
            pick(n);
          },
        },
        h("span", {}, title(item)),
        h("small", {}, facts(item)),
      ),
    );
    listbox.replaceChildren(
      ...(options.length
        ? options
        : [
            h(
              "li",
              { class: "none", role: "option", "aria-disabled": "true", "aria-selected": "false" },
              "No title comes near that",
            ),
          ]),
    );
    listbox.hidden = false;
    input.setAttribute("aria-expanded", "true");
    choose(found.length ? 0 : -1);
  }

  const ask = debounce(90, async () => {
    asking?.abort();
    asking = new AbortController();
    const q = input.value.trim();
    if (!q) return close();
    try {
      found = (await get("/api/items", { q, limit: 8 }, { signal: asking.signal })).results;
      draw();
    } catch (error) {
      if (error.name === "AbortError") return;
      found = [];
      listbox.replaceChildren(
        h(
          "li",
          { class: "none", role: "option", "aria-disabled": "true", "aria-selected": "false" },
          error.message,
        ),
      );
      listbox.hidden = false;
    }
  });

  input.addEventListener("input", ask);
  input.addEventListener("blur", close);
  input.addEventListener("focus", () => {
    if (input.value.trim()) ask();
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (listbox.hidden) return ask();
      const step = event.key === "ArrowDown" ? 1 : -1;
      choose((chosen + step + found.length) % Math.max(found.length, 1));
    } else if (event.key === "Enter" && !listbox.hidden && chosen >= 0) {
      event.preventDefault();
      pick(chosen);
    } else if (event.key === "Escape") {
      close();
    }
  });
  return h(
    "div",
    { class: "search" },
    h("label", { htmlFor: id, class: hideLabel ? "unseen" : "field-label" }, label),
    input,
    listbox,
  );
}

export { titleOf };
