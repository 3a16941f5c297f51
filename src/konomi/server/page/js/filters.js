// Filters and knobs: a panel whose state is the address, so that it can be shared.
import { model } from "./api.js";
import { debounce, h } from "./dom.js";

const NUMBERS = ["year_from", "year_to", "episodes_from", "episodes_to", "min_members"];
const LISTS = ["type", "genre", "genre_all", "genre_none"];

// The filters in an address, as the server takes them.
export function whereOf(query) {
  const where = {};
  for (const name of LISTS) if (query.has(name)) where[name] = query.getAll(name);
  for (const name of NUMBERS)
    if (query.has(name) && Number.isInteger(Number(query.get(name)))) where[name] = Number(query.get(name));
  if (query.get("adult") === "true") where.adult = true;
  return where;
}

export function knobsOf(query) {
  const within = (name, low) => Math.min(1, Math.max(low, Number(query.get(name)) || 0));
  return {
    by: ["users", "items"].includes(query.get("by")) ? query.get("by") : "model",
    niche: within("niche", -1),
    variety: within("variety", 0),
    franchise: ["once", "next", "none"].includes(query.get("franchise")) ? query.get("franchise") : "all",
  };
}

export async function filterPanel(query, onchange, { knobs = false, open = false } = {}) {
  const { types, genres, years, n_items: nItems } = await model();
  const soon = debounce(250, onchange);
  const set = (name, value, later = false) => {
    if (value === "" || value === null) query.delete(name);
    else query.set(name, value);
    (later ? soon : onchange)();
    retell();
  };
  const summary = h("summary", {}, "Filters", h("span", { class: "told" }));
  const retell = () => {
    const n =
      LISTS.reduce((sum, name) => sum + query.getAll(name).length, 0) +
      NUMBERS.filter((name) => query.has(name)).length +
      (query.get("adult") === "true");
    summary.lastChild.textContent = n ? ` ${n} set` : "";
  };
  const number = (name, label, placeholder) =>
    h(
      "label",
      { class: "field" },
      h("span", {}, label),
      h("input", {
        type: "number",
        min: 0,
        inputMode: "numeric",
        placeholder,
        value: query.get(name) ?? "",
        "data-filter": name,
        oninput: (event) => set(name, event.target.value, true),
      }),
    );
  const typeChips = types.map(({ name }) => {
    const chip = h(
      "button",
      {
        class: "chip",
        type: "button",
        "aria-pressed": String(query.getAll("type").includes(name)),
        "data-type": name,
      },
      name,
    );
    chip.addEventListener("click", () => {
      const now = new Set(query.getAll("type"));
      if (!now.delete(name)) now.add(name);
      query.delete("type");
      for (const one of now) query.append("type", one);
      chip.setAttribute("aria-pressed", String(now.has(name)));
      onchange();
      retell();
    });
    return chip;
  });
  const panel = h(
    "details",
    { class: "filters", open },
    summary,
    h(
      "div",
      { class: "filters-body" },
      h("fieldset", {}, h("legend", {}, "Type"), h("div", { class: "chips" }, typeChips)),
      genres.length
        ? h(
            "fieldset",
            { class: "genres-field" },
            h("legend", {}, "Genres"),
            h("p", { class: "hint" }, "Once for wanted, twice for unwanted."),
            h(
              "div",
              { class: "chips" },
              genres.map(({ name }) =>
                genreChip(name, query, () => {
                  onchange();
                  retell();
                }),
              ),
            ),
          )
        : null,
      h(
        "div",
        { class: "numbers" },
        years ? [number("year_from", "From year", years[0]), number("year_to", "To year", years[1])] : null,
        number("episodes_from", "Episodes, least", "1"),
        number("episodes_to", "Episodes, most", "any"),
        number("min_members", "Members, least", "any"),
      ),
      h(
        "label",
        { class: "check" },
        h("input", {
          type: "checkbox",
          checked: query.get("adult") === "true",
          onchange: (event) => set("adult", event.target.checked ? "true" : ""),
        }),
        "Adult titles too",
      ),
      h(
        "button",
        {
          class: "quiet",
          type: "button",
          onclick: () => {
            for (const name of [...LISTS, ...NUMBERS, "adult"]) query.delete(name);
            panel.dispatchEvent(new CustomEvent("reset"));
            onchange();
          },
        },
        `Clear filters, all ${nItems.toLocaleString("en")} titles`,
      ),
    ),
  );
  panel.addEventListener("reset", async () =>
    panel.replaceWith((await filterPanel(query, onchange, { open: true })).firstChild),
  );
  retell();
  return h("div", { class: "asking" }, panel, knobs ? knobPanel(query, set) : null);
}

function genreChip(name, query, onchange) {
  const chip = h("button", { class: "chip", type: "button", "data-genre": name }, name);
  const draw = () => {
    const wanted = query.getAll("genre").includes(name);
    const unwanted = query.getAll("genre_none").includes(name);
    chip.setAttribute("aria-pressed", String(wanted));
    chip.setAttribute("aria-label", unwanted ? `${name}, unwanted` : name);
    chip.classList.toggle("not", unwanted);
  };
  chip.addEventListener("click", () => {
    const wanted = query.getAll("genre").includes(name);
    const unwanted = query.getAll("genre_none").includes(name);
    const without = (key) => {
      const kept = query.getAll(key).filter((one) => one !== name);
      query.delete(key);
      for (const one of kept) query.append(key, one);
    };
    without("genre");
    without("genre_none");
    if (!wanted && !unwanted) query.append("genre", name);
    else if (wanted) query.append("genre_none", name);
    draw();
    onchange();
  });
  draw();
  return chip;
}

function knobPanel(query, set) {
  const knobs = knobsOf(query);
  const slider = (name, low, label, left, right) =>
    h(
      "label",
      { class: "knob" },
      h("span", { class: "unseen" }, label),
      h("span", { class: "ends", "aria-hidden": "true" }, h("span", {}, left), h("span", {}, right)),
      h("input", {
        type: "range",
        min: low,
        max: 1,
        step: 0.1,
        value: knobs[name],
        "data-knob": name,
        oninput: (event) => set(name, Number(event.target.value) === 0 ? "" : event.target.value, true),
      }),
    );
  const choice = (name, label, options) =>
    h(
      "label",
      { class: "field" },
      h("span", { class: "unseen" }, label),
      h(
        "select",
        {
          value: knobs[name],
          "data-knob": name,
          onchange: (event) => set(name, ["all", "model"].includes(event.target.value) ? "" : event.target.value),
        },
        options.map(([value, text]) => h("option", { value, selected: knobs[name] === value }, text)),
      ),
    );
  return h(
    "div",
    { class: "knobs" },
    slider("niche", -1, "From popular to niche", "Popular", "Niche"),
    slider("variety", 0, "From alike to varied", "Alike", "Varied"),
    choice("franchise", "Sequels and franchises", [
      ["all", "Sequels too"],
      ["once", "Each franchise once"],
      ["next", "Only what comes next"],
      ["none", "New franchises only"],
    ]),
    choice("by", "Who recommends", [
      ["model", "By the model"],
      ["users", "By people like you"],
      ["items", "By similar titles"],
    ]),
  );
}
