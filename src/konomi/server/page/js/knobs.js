// Knobs: options of the recommendations. They are in the address, like the filters.
import { h } from "./dom.js";
import { setValue } from "./filters.js";

// The first of each is the default, which the address leaves out.
const FRANCHISE = [
  ["all", "Sequels too"],
  ["once", "Each franchise once"],
  ["next", "Only what comes next"],
  ["none", "New franchises only"],
];
const BY = [
  ["model", "By the model"],
  ["users", "By people like you"],
  ["items", "By similar titles"],
];

// The knobs as the server takes them. A value that is not allowed becomes the nearest allowed one or the default.
export function knobsOf(query) {
  return {
    by: choiceOf(query, "by", BY),
    niche: numberOf(query, "niche", -1),
    variety: numberOf(query, "variety", 0),
    franchise: choiceOf(query, "franchise", FRANCHISE),
  };
}

function numberOf(query, name, low) {
  const value = Number(query.get(name)) || 0;
  return Math.min(1, Math.max(low, value));
}

function choiceOf(query, name, options) {
  const value = query.get(name);
  return options.some(([known]) => known === value) ? value : options[0][0];
}

// onchange is called after a choice, onslide while a slider moves.
export function knobPanel(query, { onchange, onslide }) {
  const knobs = knobsOf(query);

  function slider(name, low, label, [left, right]) {
    const slide = (event) => {
      setValue(query, name, Number(event.target.value) === 0 ? "" : event.target.value);
      onslide();
    };
    const range = { type: "range", min: low, max: 1, step: 0.1, value: knobs[name], "data-knob": name };
    return h(
      "label",
      { class: "knob" },
      h("span", { class: "unseen" }, label),
      h("span", { class: "ends", "aria-hidden": "true" }, h("span", {}, left), h("span", {}, right)),
      h("input", { ...range, oninput: slide }),
    );
  }

  function choice(name, label, options) {
    const choose = (event) => {
      setValue(query, name, event.target.value === options[0][0] ? "" : event.target.value);
      onchange();
    };
    const choices = options.map(([value, text]) => h("option", { value, selected: knobs[name] === value }, text));
    return h(
      "label",
      { class: "field" },
      h("span", { class: "unseen" }, label),
      h("select", { "data-knob": name, onchange: choose }, choices),
    );
  }

  return h(
    "div",
    { class: "knobs" },
    slider("niche", -1, "From popular to niche", ["Popular", "Niche"]),
    slider("variety", 0, "From alike to varied", ["Alike", "Varied"]),
    choice("franchise", "Sequels and franchises", FRANCHISE),
    choice("by", "Who recommends", BY),
  );
}
