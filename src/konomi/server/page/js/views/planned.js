// Planned: your own plan-to-watch list, best first.
import { model, post } from "../api.js";
import { action, card, whyChips } from "../cards.js";
import { announce, busy, count, empty, failure, fill, ghosts, h, notes } from "../dom.js";
import { searchField } from "../search.js";
import { history, list, removeRow, rowOf, setRow, watched } from "../store.js";
import { titleOf } from "../titles.js";

export const title = "Planned";

export async function show(main) {
  const { abilities } = await model();
  const results = h("section", { "aria-label": "Your plan, ranked" });
  const search = searchField({
    label: "Add a title to the plan",
    placeholder: "A title you mean to watch",
    onpick: (item) => {
      setRow(item, { status: "planned" });
      announce(`${titleOf(item)} is planned`);
      ask();
    },
  });

  async function ask() {
    const planned = list().rows.filter((row) => row.status === "planned");
    if (!planned.length) {
      fill(
        results,
        empty(
          "Nothing is planned yet",
          "Planned titles of an imported list appear here, and so does whatever you add above.",
        ),
      );
      return;
    }
    if (!watched().length) {
      fill(
        results,
        empty(
          "Your plan cannot be ranked yet",
          "Add a few titles that you have seen.",
          h("a", { class: "button first", href: "/" }, "Start a list"),
        ),
      );
      return;
    }
    if (!results.firstChild) fill(results, ghosts());
    busy(results);
    try {
      const found = await post("/api/planned", { history: history(), why: abilities.reasons });
      fill(
        results,
        notes(found.notes),
        h(
          "div",
          { class: "cards" },
          found.results.map((one) =>
            card(one.item, {
              lead: h("span", { class: "match" }, one.rank === 1 ? "First" : `Number ${one.rank}`),
              why: one.because ? whyChips(one.because, { byId: (id) => rowOf(id)?.item }) : null,
              actions: [
                action("Seen it", one.item, () => {
                  setRow(one.item);
                  ask();
                }),
                action("Off the plan", one.item, () => {
                  removeRow(one.item.item_id);
                  ask();
                }),
              ],
            }),
          ),
        ),
      );
      announce(`${count(found.results.length, "planned title")}, best first`);
    } catch (error) {
      fill(results, failure(error, ask));
    }
    busy(results, false);
  }

  fill(
    main,
    h(
      "div",
      { class: "intro" },
      h("h1", {}, "Planned"),
      h("p", {}, "Your plan to watch, in the order you are most likely to enjoy it."),
    ),
    h("div", { class: "lone-search" }, search),
    results,
  );
  ask();
}
