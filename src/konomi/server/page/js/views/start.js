// Start: the user's list, from a file or title by title. It stays in this browser.
import { get, model } from "../api.js";
import { action, card } from "../cards.js";
import { announce, fill, h } from "../dom.js";
import { listEditor } from "../list-editor.js";
import { button, grid, hint, intro } from "../parts.js";
import { list, rowOf, setRow } from "../store.js";
import { titleOf } from "../titles.js";

export const title = "Start";
const N_SUGGESTED = 9;
const N_ASKED = 40;
// A list longer than LONG_LIST needs no suggestions; one shorter than SHORT_LIST gets a hint.
const LONG_LIST = 30;
const SHORT_LIST = 5;
const INTRODUCTION =
  "Give it your list, or a handful of favorites. Every recommendation names the titles it comes from, " +
  "and you can take any of them out.";

// The score of "I liked it": at nine tenths of the scale; null if there are no scores.
export function likedScore(scale) {
  if (!scale) return null;
  const [low, high] = scale;
  return Math.max(low, Math.round(low + 0.9 * (high - low)));
}

export function show(main, { go }) {
  const next = h("div", { class: "next" });
  const suggestions = h("section", { class: "suggestions", "aria-labelledby": "known" });
  const editor = h("section", { "aria-label": "Your list" });
  let famous = [];

  function drawNext() {
    const n = list().rows.length;
    fill(
      next,
      n > 0 && button("See what to watch next", () => go("/for-you"), { class: "button first" }),
      n > 0 && n < SHORT_LIST && h("p", {}, "A few more titles make the answer much better."),
    );
  }

  function drawEditor() {
    const onchange = () => {
      drawNext();
      drawSuggestions();
    };
    fill(editor, listEditor({ next, onchange }));
  }

  function drawSuggestions() {
    const open = famous.filter((item) => !rowOf(item.item_id)).slice(0, N_SUGGESTED);
    if (list().rows.length > LONG_LIST || !open.length) {
      fill(suggestions);
      return;
    }
    const cards = open.map((item) => suggestion(item, add));
    fill(
      suggestions,
      h("h2", { id: "known" }, "Seen one of these?"),
      hint("Well-known titles are a quick start."),
      grid(cards),
    );
  }

  function add(item, rating) {
    setRow(item, { rating });
    announce(`${titleOf(item)} added`);
    drawEditor();
    drawNext();
    drawSuggestions();
  }

  drawEditor();
  drawNext();
  const head = intro("What should I watch next, why, and who is like me?", h("p", {}, INTRODUCTION));
  fill(main, head, editor, suggestions);
  get("/api/items", { limit: N_ASKED })
    .then(({ results }) => {
      famous = results;
      drawSuggestions();
    })
    .catch(() => {
      // The view is complete without suggestions.
    });
}

function suggestion(item, add) {
  const liked = async () => add(item, likedScore((await model()).rating_scale));
  const actions = [action("I liked it", item, liked), action("Seen it", item, () => add(item, null))];
  return card(item, { actions });
}
