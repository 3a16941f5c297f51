// Planned: your own plan-to-watch list, best first.
import { model, post } from "../api.js";
import { action, card, match } from "../cards.js";
import { announce, fill, h } from "../dom.js";
import { empty, ghosts, grid, intro, load, loneSearch, notes, startLink } from "../parts.js";
import { whyChips } from "../reasons.js";
import { searchField } from "../search.js";
import { history, list, removeRow, rowOf, setRow, watched } from "../store.js";
import { titleOf } from "../titles.js";
import { count } from "../words.js";

export const title = "Planned";
const INTRODUCTION = "Your plan to watch, in the order you are most likely to enjoy it.";
const HOW_TO_PLAN = "Planned titles of an imported list appear here, and so does whatever you add above.";

const itemOf = (id) => rowOf(id)?.item;

export async function show(main) {
  const { abilities } = await model();
  const results = h("section", { "aria-label": "Your plan, ranked" });

  function ask() {
    if (!list().rows.some((row) => row.status === "planned")) {
      fill(results, empty("Nothing is planned yet", HOW_TO_PLAN));
      return undefined;
    }
    if (!watched().length) {
      const text = "Add a few titles that you have seen.";
      fill(results, empty("Your plan cannot be ranked yet", text, startLink("Start a list")));
      return undefined;
    }
    if (!results.firstChild) fill(results, ghosts());
    return load(results, answer, ask);
  }

  async function answer() {
    const found = await post("/api/planned", { history: history(), why: abilities.reasons });
    announce(`${count(found.results.length, "planned title")}, best first`);
    return [notes(found.notes), grid(found.results.map(planned))];
  }

  function planned({ item, rank, because }) {
    const seen = () => {
      setRow(item);
      ask();
    };
    const off = () => {
      removeRow(item.item_id);
      ask();
    };
    const lead = match(rank === 1 ? "First" : `Number ${rank}`);
    const actions = [action("Seen it", item, seen), action("Off the plan", item, off)];
    return card(item, { lead, why: whyChips(because, { itemOf }), actions });
  }

  function add(item) {
    setRow(item, { status: "planned" });
    announce(`${titleOf(item)} is planned`);
    ask();
  }

  const field = { label: "Add a title to the plan", placeholder: "A title you mean to watch", onpick: add };
  fill(main, intro("Planned", h("p", {}, INTRODUCTION)), loneSearch(searchField(field)), results);
  ask();
}
