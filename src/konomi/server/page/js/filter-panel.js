// The panel of filters, with the knobs below it if the view has them.
import { model } from "./api.js";
import { debounce, h } from "./dom.js";
import { clearFilters, filterCount, genreState, hasType, setValue, toggleType, turnGenre } from "./filters.js";
import { knobPanel } from "./knobs.js";
import { checkbox, hint, quietButton } from "./parts.js";
import { number } from "./words.js";

const TYPING_MS = 250;

// onchange is called after each change of the query, and once typing or sliding pauses.
export async function filterPanel(query, onchange, { knobs = false } = {}) {
  const served = await model();
  const soon = debounce(TYPING_MS, onchange);
  const panel = () => details(served, query, { onchange, soon, onclear: clear });
  const knobsBelow = knobs ? knobPanel(query, { onchange, onslide: soon }) : null;
  const asking = h("div", { class: "asking" }, panel(), knobsBelow);

  function clear() {
    clearFilters(query);
    const fresh = panel();
    fresh.open = true;
    asking.firstChild.replaceWith(fresh);
    onchange();
  }

  return asking;
}

function details(served, query, { onchange, soon, onclear }) {
  const set = h("span", { class: "n-set" });
  const drawCount = () => {
    const n = filterCount(query);
    set.textContent = n ? ` ${n} set` : "";
  };
  const changed = () => {
    onchange();
    drawCount();
  };
  const typed = () => {
    soon();
    drawCount();
  };
  const setAdult = (event) => {
    setValue(query, "adult", event.target.checked ? "true" : "");
    changed();
  };
  drawCount();
  const body = h(
    "div",
    { class: "filters-body" },
    typeField(served.types, query, changed),
    served.genres.length ? genreField(served.genres, query, changed) : null,
    numberFields(served.years, query, typed),
    checkbox("Adult titles too", { checked: query.get("adult") === "true", onchange: setAdult }),
    quietButton(`Clear filters, all ${number(served.n_items)} titles`, onclear),
  );
  return h("details", { class: "filters" }, h("summary", {}, "Filters", set), body);
}

function typeField(types, query, changed) {
  const chips = types.map(({ name }) => {
    const chip = h("button", { class: "chip", type: "button", "data-type": name }, name);
    const draw = () => chip.setAttribute("aria-pressed", String(hasType(query, name)));
    chip.addEventListener("click", () => {
      toggleType(query, name);
      draw();
      changed();
    });
    draw();
    return chip;
  });
  return h("fieldset", {}, h("legend", {}, "Type"), h("div", { class: "chips" }, chips));
}

function genreField(genres, query, changed) {
  const chips = genres.map(({ name }) => genreChip(name, query, changed));
  return h(
    "fieldset",
    { class: "genres-field" },
    h("legend", {}, "Genres"),
    hint("Once for wanted, twice for unwanted."),
    h("div", { class: "chips" }, chips),
  );
}

function genreChip(name, query, changed) {
  const chip = h("button", { class: "chip", type: "button", "data-genre": name }, name);
  const draw = () => {
    const state = genreState(query, name);
    chip.setAttribute("aria-pressed", String(state === "wanted"));
    chip.setAttribute("aria-label", state === "unwanted" ? `${name}, unwanted` : name);
    chip.classList.toggle("not", state === "unwanted");
  };
  chip.addEventListener("click", () => {
    turnGenre(query, name);
    draw();
    changed();
  });
  draw();
  return chip;
}

// years: the first and the last year of the catalog, or null if it has none.
function numberFields(years, query, typed) {
  const field = (name, label, placeholder) => {
    const oninput = (event) => {
      setValue(query, name, event.target.value);
      typed();
    };
    const props = { type: "number", min: 0, inputMode: "numeric", placeholder, "data-filter": name };
    const input = h("input", { ...props, value: query.get(name) ?? "", oninput });
    return h("label", { class: "field" }, h("span", {}, label), input);
  };
  return h(
    "div",
    { class: "numbers" },
    years ? [field("year_from", "From year", years[0]), field("year_to", "To year", years[1])] : null,
    field("episodes_from", "Episodes, least", "1"),
    field("episodes_to", "Episodes, most", "any"),
    field("min_members", "Members, least", "any"),
  );
}
