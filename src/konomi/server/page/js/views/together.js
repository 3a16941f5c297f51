// Together: two lists, and what both may like.
import { model, post } from "../api.js";
import { card, whyChips } from "../cards.js";
import { announce, busy, count, empty, failure, fill, ghosts, h, notes } from "../dom.js";
import { filterPanel, whereOf } from "../filters.js";
import { listEditor } from "../list-editor.js";
import { history, list, rowOf } from "../store.js";

export const title = "Together";

export async function show(main, { query, setQuery }) {
  const { abilities } = await model();
  const results = h("section", { "aria-label": "For both of you" });
  const status = h("p", { class: "hint" });
  const how = h(
    "fieldset",
    { class: "how" },
    h("legend", {}, "What counts"),
    ["least", "average"].map((value) =>
      h(
        "label",
        { class: "check" },
        h("input", {
          type: "radio",
          name: "how",
          value,
          checked: (query.get("how") ?? "least") === value,
          onchange: () => {
            if (value === "least") query.delete("how");
            else query.set("how", value);
            setQuery(query);
            ask();
          },
        }),
        value === "least" ? "The less happy of the two" : "Both on average",
      ),
    ),
  );
  const panel = await filterPanel(query, () => {
    setQuery(query);
    ask();
  });

  async function ask() {
    const mine = list().rows.length;
    const theirs = list("friend").rows.length;
    status.textContent = mine ? `Your list has ${count(mine, "title")}.` : "";
    if (!mine || !theirs) {
      const missing = mine ? "Add the other list above." : "Your own list is missing.";
      fill(
        results,
        empty(
          "This takes two lists",
          missing,
          mine ? null : h("a", { class: "button first", href: "/" }, "Start your list"),
        ),
      );
      return;
    }
    if (!results.querySelector(".cards")) fill(results, ghosts());
    busy(results);
    try {
      const body = {
        people: [{ history: history() }, { history: history("friend") }],
        k: 24,
        how: query.get("how") === "average" ? "average" : "least",
        where: whereOf(query),
        why: abilities.reasons,
      };
      const found = await post("/api/together", body);
      fill(
        results,
        notes(found.notes),
        found.results.length
          ? h(
              "div",
              { class: "cards" },
              found.results.map((one) =>
                card(one.item, {
                  why: [
                    both(one.shares, most(found.results)),
                    one.because
                      ? whyChips(one.because, { byId: (id) => (rowOf(id) ?? rowOf(id, "friend"))?.item })
                      : null,
                  ],
                }),
              ),
            )
          : empty("Nothing fits these filters", "Loosen one of them, and titles come back."),
      );
      announce(`${count(found.results.length, "title")} for both of you`);
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
      h("h1", {}, "Together"),
      h("p", {}, "Two people, one evening: titles that neither has seen and both may like."),
      status,
    ),
    h(
      "section",
      { class: "friend", "aria-label": "The other list" },
      h("h2", {}, "The other list"),
      listEditor({ which: "friend", onchange: ask }),
    ),
    h("div", { class: "row between" }, panel, how),
    results,
  );
  ask();
}

const most = (results) => Math.max(1, ...results.flatMap((one) => one.shares));

function both([mine, theirs], highest) {
  const bar = (name, value) =>
    h(
      "div",
      { class: "share" },
      h("span", {}, name),
      h("meter", {
        min: 0,
        max: highest,
        value: Math.max(0, value),
        "aria-label": `${name}: ${value.toFixed(1)} above what you make of the rest`,
      }),
    );
  return h("div", { class: "shares" }, bar("You", mine), bar("They", theirs));
}
