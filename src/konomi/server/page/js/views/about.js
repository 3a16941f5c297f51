// About: the model, its data and its limits, in words that need no manual.
import { model } from "../api.js";
import { fill, h } from "../dom.js";

export const title = "About this model";

const MODELS = {
  linear:
    "It has learned how strongly each title speaks for each other title, from who watched both. A recommendation is the sum of what your titles say for it, so the reasons you see are the sum itself.",
  spectral: "It places every title and every person in one space, where people lie near what they watch.",
  neural: "A small neural network has learned one vector for each person and each title; near means alike.",
  "item-knn": "It compares titles by the people they have in common.",
  "user-knn": "It looks for people like you and adds up what they liked.",
  popularity: "It shows everybody what most people have seen, and knows nothing of your taste.",
};

// Figures that say something to a reader; a training residual, say, does not.
const FIGURES = {
  n_weights: "Ties between titles",
  ndcg_10: "NDCG@10",
  recall_10: "Recall@10",
  coverage: "Coverage",
};

export async function show(main) {
  const about = await model();
  const number = (n) => n.toLocaleString("en");
  const fact = (term, value) =>
    value === null || value === undefined || value === ""
      ? null
      : h("div", {}, h("dt", {}, term), h("dd", {}, value));
  const figures = Object.entries(about.figures).filter(
    ([name, value]) => name in FIGURES && typeof value === "number",
  );
  fill(
    main,
    h("div", { class: "intro" }, h("h1", {}, "About this model"), h("p", {}, MODELS[about.name] ?? "")),
    h(
      "section",
      { class: "part" },
      h("h2", {}, "What it knows"),
      h(
        "dl",
        { class: "facts-list" },
        fact("Titles", number(about.n_items)),
        fact("People", number(about.n_users)),
        fact("Ratings", number(about.n_ratings)),
        fact(
          "Scores",
          about.rating_scale
            ? `${about.rating_scale[0]} to ${about.rating_scale[1]}`
            : "none, only who watched what",
        ),
        fact("Years", about.years ? `${about.years[0]} to ${about.years[1]}` : null),
        fact(
          "Trained",
          about.created ? new Date(about.created).toLocaleDateString("en-GB", { dateStyle: "medium" }) : null,
        ),
        fact("Kind", about.name),
        fact("Made with", `konomi ${about.versions.konomi ?? ""}`),
      ),
    ),
    figures.length
      ? h(
          "section",
          { class: "part" },
          h("h2", {}, "Figures"),
          h(
            "dl",
            { class: "facts-list" },
            figures.map(([name, value]) =>
              fact(FIGURES[name], number(Number.isInteger(value) ? value : Number(value.toPrecision(3)))),
            ),
          ),
        )
      : null,
    h(
      "section",
      { class: "part" },
      h("h2", {}, "What it can tell"),
      h(
        "ul",
        { class: "plain" },
        h(
          "li",
          {},
          about.abilities.reasons
            ? "Why: each recommendation names the titles that it is the sum of."
            : "Not why: its scores are no sum over titles.",
        ),
        h("li", {}, about.abilities.similar_items ? "Which titles are alike." : "Not which titles are alike."),
        h("li", {}, about.abilities.similar_users ? "Who is like you." : "Not who is like you."),
      ),
    ),
    h(
      "section",
      { class: "part" },
      h("h2", {}, "What it cannot"),
      h(
        "ul",
        { class: "plain" },
        h(
          "li",
          {},
          "It knows who watched what, not what a story is about. Titles that few have seen are guessed at from little.",
        ),
        h(
          "li",
          {},
          `It knows nothing newer than its data${about.created ? ", and was trained on the date above" : ""}.`,
        ),
        h("li", {}, "It ranks what you may like to watch. It does not predict the score you would give."),
        h("li", {}, "Tastes that are rare in its data are served worse than common ones."),
      ),
    ),
    h(
      "section",
      { class: "part" },
      h("h2", {}, "Your list"),
      h(
        "ul",
        { class: "plain" },
        h(
          "li",
          {},
          "It stays in this browser. To be scored it is sent to this server, which keeps and logs nothing of it.",
        ),
        h("li", {}, "Nothing is fetched from, or sent to, any other place."),
      ),
    ),
    h(
      "p",
      { class: "hint" },
      "For programs: the same answers over HTTP, described in ",
      h("a", { href: "/api/schema/openapi.json" }, "the OpenAPI document"),
      ".",
    ),
  );
}
