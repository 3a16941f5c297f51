// For you: recommendations with their reasons; taking a reason out scores again at once.
import { model, post } from "../api.js";
import { action, card, whyChips } from "../cards.js";
import { announce, busy, count, empty, failure, fill, ghosts, h, notes } from "../dom.js";
import { filterPanel, knobsOf, whereOf } from "../filters.js";
import { hidden, history, list, muted, rowOf, setHidden, setMuted, setRow } from "../store.js";
import { titleOf } from "../titles.js";

export const title = "For you";
const STEP = 24;

export async function show(main, { query, setQuery }) {
  const from = h("p", {});
  const head = h("div", { class: "intro" }, h("h1", {}, "For you"), from);
  const out = h("div", { class: "left-out" });
  const results = h("section", { "aria-label": "Recommendations" });
  let k = STEP;
  let asking = null;

  if (!list().rows.length) {
    fill(
      main,
      head,
      empty(
        "There is no list yet",
        "Drop a list file or pick a few favourites, and this page fills.",
        h("a", { class: "button first", href: "/" }, "Start a list"),
      ),
    );
    return;
  }
  const { abilities } = await model();
  const panel = await filterPanel(
    query,
    () => {
      setQuery(query);
      k = STEP;
      ask();
    },
    { knobs: true },
  );
  fill(main, head, panel, out, results);
  fill(results, ghosts());

  async function ask() {
    asking?.abort();
    asking = new AbortController();
    busy(results);
    drawLeftOut();
    const sent = history();
    from.textContent = `From ${count(sent.filter((row) => row.status !== "planned").length, "title")} of your list${list().name ? `, ${list().name}` : ""}.`;
    if (!sent.length) {
      fill(results, empty("Every title of your list is taken out", "Put one back above."));
      busy(results, false);
      return;
    }
    const knobs = knobsOf(query);
    const why = knobs.by === "items" ? abilities.similar_items : knobs.by === "model" && abilities.reasons;
    const body = {
      history: sent,
      k,
      why,
      ...knobs,
      where: { ...whereOf(query), without: [...muted(), ...hidden().map((item) => item.item_id)] },
    };
    try {
      draw(await post("/api/recommendations", body, { signal: asking.signal }), why);
    } catch (error) {
      if (error.name === "AbortError") return;
      fill(results, failure(error, ask));
    }
    busy(results, false);
  }

  function draw(found, why) {
    if (!found.results.length) {
      fill(results, empty("Nothing fits these filters", "Loosen one of them, and titles come back."));
      return;
    }
    fill(
      results,
      notes(found.notes),
      why
        ? null
        : h(
            "p",
            { class: "hint" },
            knobsOf(query).by === "users"
              ? "People's likes add up to these; there are no single titles to name."
              : "This model gives no reasons.",
          ),
      h(
        "div",
        { class: "cards" },
        found.results.map((one) =>
          card(one.item, {
            why: one.because ? whyChips(one.because, { byId: (id) => rowOf(id)?.item, onremove: leaveOut }) : null,
            actions: [
              action("Seen it", one.item, () => {
                setRow(one.item);
                gone(one.item, "is on your list now");
              }),
              action("Not interested", one.item, () => {
                setHidden([...hidden(), one.item]);
                gone(one.item, "will not be shown again");
              }),
            ],
          }),
        ),
      ),
      found.results.length === k && k < 96
        ? h(
            "div",
            { class: "more" },
            h(
              "button",
              {
                class: "button",
                type: "button",
                onclick: () => {
                  k += STEP;
                  ask();
                },
              },
              "Show more",
            ),
          )
        : null,
    );
    announce(`${count(found.results.length, "recommendation")}`);
  }

  function leaveOut(reason, name) {
    setMuted([...muted(), reason.item_id]);
    announce(`Scoring again without ${name}`);
    ask();
  }

  function gone(item, words) {
    announce(`${titleOf(item)} ${words}`);
    ask();
  }

  function drawLeftOut() {
    const chip = (id, words, back) =>
      h(
        "li",
        {},
        h(
          "button",
          {
            class: "chip",
            type: "button",
            "data-left-out": id,
            "aria-label": `Put ${words} back`,
            onclick: () => {
              back();
              ask();
            },
          },
          h("span", { class: "text" }, words),
          h("span", { class: "amount" }, "put back"),
        ),
      );
    const ids = muted();
    const away = hidden();
    fill(
      out,
      ids.length
        ? h(
            "div",
            { class: "why" },
            h("p", {}, "Scored without"),
            h(
              "ul",
              { class: "chips" },
              ids.map((id) => {
                const item = rowOf(id)?.item;
                return chip(id, item ? titleOf(item) : String(id), () =>
                  setMuted(muted().filter((one) => one !== id)),
                );
              }),
            ),
          )
        : null,
      away.length
        ? h(
            "details",
            { class: "why" },
            h("summary", {}, `Not interested: ${count(away.length, "title")}`),
            h(
              "ul",
              { class: "chips" },
              away.map((item) =>
                chip(item.item_id, titleOf(item), () =>
                  setHidden(hidden().filter((one) => one.item_id !== item.item_id)),
                ),
              ),
            ),
          )
        : null,
    );
  }

  ask();
  return () => asking?.abort();
}
