// Start: a list comes in, by file or title by title; what is on it stays in this browser.
import { get, model } from "../api.js";
import { action, card } from "../cards.js";
import { announce, fill, h } from "../dom.js";
import { listEditor } from "../list-editor.js";
import { list, rowOf, setRow } from "../store.js";
import { titleOf } from "../titles.js";

export const title = "Start";
const N_SUGGESTED = 9;

export function show(main, { go }) {
  const next = h("div", { class: "next" });
  const suggestions = h("section", { class: "suggestions", "aria-labelledby": "known" });
  const editor = h("section", { "aria-label": "Your list" });

  function drawNext() {
    const n = list().rows.length;
    fill(
      next,
      n
        ? h(
            "button",
            { class: "button first", type: "button", onclick: () => go("/for-you") },
            "See what to watch next",
          )
        : null,
      n > 0 && n < 5 ? h("p", {}, "A few more titles make the answer much better.") : null,
    );
  }

  function drawEditor() {
    fill(
      editor,
      listEditor({
        next,
        onchange: () => {
          drawNext();
          drawSuggestions();
        },
      }),
    );
  }

  let famous = [];
  function drawSuggestions() {
    const open = famous.filter((item) => !rowOf(item.item_id)).slice(0, N_SUGGESTED);
    if (list().rows.length > 30 || !open.length) return fill(suggestions);
    return fill(
      suggestions,
      h("h2", { id: "known" }, "Seen one of these?"),
      h("p", { class: "hint" }, "Well-known titles are a quick start."),
      h(
        "div",
        { class: "cards" },
        open.map((item) =>
          card(item, {
            actions: [
              action("I liked it", item, () => add(item, "liked")),
              action("Seen it", item, () => add(item, "seen")),
            ],
          }),
        ),
      ),
    );
  }

  async function add(item, how) {
    const { rating_scale: scale } = await model();
    const rating =
      how === "liked" && scale ? Math.max(scale[0], Math.round(scale[0] + 0.9 * (scale[1] - scale[0]))) : null;
    setRow(item, { rating });
    announce(`${titleOf(item)} added`);
    drawEditor();
    drawNext();
    drawSuggestions();
  }

  drawEditor();
  drawNext();
  fill(
    main,
    h(
      "div",
      { class: "intro" },
      h("h1", {}, "What should I watch next, why, and who is like me?"),
      h(
        "p",
        {},
        "Give it your list, or a handful of favourites. Every recommendation names the titles it comes from, and you can take any of them out.",
      ),
    ),
    editor,
    suggestions,
  );
  get("/api/items", { limit: 40 })
    .then(({ results }) => {
      famous = results;
      drawSuggestions();
    })
    .catch(() => {});
}
