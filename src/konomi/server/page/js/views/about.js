// About: the model, its data and its limits.
import { model } from "../api.js";
import { fill, h } from "../dom.js";
import { hint, intro, part } from "../parts.js";
import { number } from "../words.js";

export const title = "About this model";

// The figures that are shown. A training residual, for example, is not.
const FIGURES = {
  n_weights: "Ties between titles",
  ndcg_10: "NDCG@10",
  recall_10: "Recall@10",
  coverage: "Coverage",
};

export async function show(main) {
  const served = await model();
  const figures = figureFacts(served.figures);
  const document = h("a", { href: "/api/schema/openapi.json" }, "the OpenAPI document");
  fill(
    main,
    intro("About this model", h("p", {}, served.summary)),
    part("What it knows", factList(knowledge(served))),
    figures.length ? part("Figures", factList(figures)) : null,
    part("What it can tell", plainList(canTell(served.abilities))),
    part("What it cannot", plainList(cannotTell(served))),
    part("Your list", plainList(PRIVACY)),
    hint("For programs: the same answers over HTTP, described in ", document, "."),
  );
}

// Pairs of a term and its value, null where it is unknown.
function knowledge({ name, n_items, n_users, n_ratings, rating_scale: scale, years, created, versions }) {
  return [
    ["Titles", number(n_items)],
    ["People", number(n_users)],
    ["Ratings", number(n_ratings)],
    ["Scores", scale ? `${scale[0]} to ${scale[1]}` : "none, only who watched what"],
    ["Years", years ? `${years[0]} to ${years[1]}` : null],
    ["Trained", created ? new Date(created).toLocaleDateString("en-GB", { dateStyle: "medium" }) : null],
    ["Kind", name],
    ["Made with", `konomi ${versions.konomi ?? ""}`],
  ];
}

// The figures that are shown, whole or with three digits.
export function figureFacts(figures) {
  const shown = Object.entries(figures).filter(([name, value]) => name in FIGURES && typeof value === "number");
  const rounded = (value) => (Number.isInteger(value) ? value : Number(value.toPrecision(3)));
  return shown.map(([name, value]) => [FIGURES[name], number(rounded(value))]);
}

const canTell = (abilities) => [
  abilities.reasons
    ? "Why: each recommendation names the titles that it is the sum of."
    : "Not why: its scores are no sum over titles.",
  abilities.similar_items ? "Which titles are alike." : "Not which titles are alike.",
  abilities.similar_users ? "Who is like you." : "Not who is like you.",
];

const cannotTell = ({ created }) => [
  "It knows who watched what, not what a story is about. Titles that few have seen are guessed at from little.",
  `It knows nothing newer than its data${created ? ", and was trained on the date above" : ""}.`,
  "It ranks what you may like to watch. It does not predict the score you would give.",
  "Tastes that are rare in its data are served worse than common ones.",
];

const PRIVACY = [
  "It stays in this browser. To be scored it is sent to this server, which keeps and logs nothing of it.",
  "Nothing is fetched from, or sent to, any other place.",
];

function factList(facts) {
  const known = facts.filter(([, value]) => value !== null);
  const entries = known.map(([term, value]) => h("div", {}, h("dt", {}, term), h("dd", {}, value)));
  return h("dl", { class: "facts-list" }, entries);
}

function plainList(texts) {
  const items = texts.map((text) => h("li", {}, text));
  return h("ul", { class: "plain" }, items);
}
