// The field that gives a row of a list its score.
import { model } from "./api.js";
import { h } from "./dom.js";
import { titleOf } from "./titles.js";

const DEFAULT_SCALE = [1, 10];

// The whole scores of a scale, best first, and before them the row's own score, if it has one.
export function scoresToOffer(scale, own) {
  const [low, high] = scale ?? DEFAULT_SCALE;
  const scores = own === null ? [] : [own];
  for (let score = Math.floor(high); score >= Math.ceil(low); score -= 1) {
    if (score !== own) scores.push(score);
  }
  return scores;
}

// onchange takes the score, null for none.
export function scorePicker(row, onchange) {
  const select = h("select", { class: "score", "aria-label": `Your score of ${titleOf(row.item)}` });
  const offer = (scores) => {
    const options = scores.map((score) => h("option", { value: String(score) }, String(score)));
    select.replaceChildren(h("option", { value: "" }, "No score"), ...options);
    select.value = row.rating === null ? "" : String(row.rating);
  };
  offer(row.rating === null ? [] : [row.rating]);
  model()
    .then((served) => offer(scoresToOffer(served.rating_scale, row.rating)))
    .catch(() => {
      // Without the scale the score can only be removed.
    });
  select.addEventListener("change", () => onchange(select.value === "" ? null : Number(select.value)));
  return select;
}
