// People: who is like you.
import { model, post } from "../api.js";
import { announce, fill, h } from "../dom.js";
import { empty, failure, hint, intro, notes, startLink } from "../parts.js";
import { history, list } from "../store.js";
import { alike, count, number, percent } from "../words.js";
import { showPerson } from "./person.js";

export const title = "People";
const N_PEOPLE = 20;
const SHORTEST_BAR = 0.01;

export async function show(main, { id, go }) {
  const served = await model();
  if (id === null) await showPeople(main, { served, go });
  else await showPerson(main, id);
}

async function showPeople(main, { served, go }) {
  const learned = `Out of ${number(served.n_users)} people whose ratings this model has learned from.`;
  const head = intro("People like you", h("p", {}, learned));
  if (!served.abilities.similar_users) {
    const text = "A linear, spectral or user-knn model does.";
    fill(main, head, empty("This model does not compare people", text));
    return;
  }
  if (!list().rows.length) {
    const text = "With one, this page finds people of your taste.";
    fill(main, head, empty("There is no list yet", text, startLink("Start a list")), lookUp(go));
    return;
  }
  const people = h("section", { "aria-label": "People like you" }, hint("Comparing …"));
  fill(main, head, people, lookUp(go));
  try {
    const found = await post("/api/users/similar", { history: history(), k: N_PEOPLE });
    fill(people, notes(found.notes), ranking(found.results));
    announce(`${count(found.results.length, "person", "people")} like you`);
  } catch (error) {
    fill(people, failure(error));
  }
}

function lookUp(go) {
  const props = { type: "text", id: "user", inputMode: "numeric", autocomplete: "off", maxLength: 100 };
  const field = h("input", { ...props, required: true });
  const onsubmit = (event) => {
    event.preventDefault();
    const id = field.value.trim();
    if (id) go(personHref(id));
  };
  const label = h("label", { htmlFor: "user" }, "Or look somebody up by number");
  return h("form", { class: "row by-id", onsubmit }, label, field, h("button", { class: "button" }, "Look up"));
}

// The bars are full for the person most like you.
function ranking(results) {
  const longest = Math.max(...results.map((person) => person.similarity), SHORTEST_BAR);
  const rows = results.map(({ rank, user_id: id, similarity }) => {
    const name = h("a", { class: "grow", href: personHref(id) }, `Viewer ${id}`);
    const label = `How alike: ${percent(similarity)}`;
    const bar = h("meter", { min: 0, max: longest, value: Math.max(0, similarity), "aria-label": label });
    return h("li", {}, numberCell(rank, "number rank"), name, bar, numberCell(alike(similarity)));
  });
  return h("ol", { class: "rows people" }, rows);
}

const numberCell = (text, className = "number") => h("span", { class: className }, text);

const personHref = (id) => `/people/${encodeURIComponent(id)}`;
