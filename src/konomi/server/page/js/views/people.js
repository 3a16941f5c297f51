// People: who is like you, what you share, where you differ, what they loved that you have not seen.
import { get, model, post } from "../api.js";
import { action, card, likeHref } from "../cards.js";
import { announce, count, empty, failure, fill, h, notes } from "../dom.js";
import { history, list, setRow } from "../store.js";
import { title as shown, titleOf } from "../titles.js";

export const title = "People";

export async function show(main, { id, go }) {
  const { abilities, n_users: nUsers } = await model();
  if (id !== null) return onePerson(main, id);
  const head = h(
    "div",
    { class: "intro" },
    h("h1", {}, "People like you"),
    h("p", {}, `Out of ${nUsers.toLocaleString("en")} people whose ratings this model has learned from.`),
  );
  if (!abilities.similar_users) {
    fill(main, head, empty("This model does not compare people", "A linear, spectral or user-knn model does."));
    return undefined;
  }
  const field = h("input", {
    type: "text",
    id: "user",
    inputMode: "numeric",
    autocomplete: "off",
    maxLength: 100,
    required: true,
  });
  const known = h(
    "form",
    {
      class: "row by-id",
      onsubmit: (event) => {
        event.preventDefault();
        if (field.value.trim()) go(`/people/${encodeURIComponent(field.value.trim())}`);
      },
    },
    h("label", { htmlFor: "user" }, "Or look somebody up by number"),
    field,
    h("button", { class: "button" }, "Look up"),
  );
  if (!list().rows.length) {
    fill(
      main,
      head,
      empty(
        "There is no list yet",
        "With one, this page finds people of your taste.",
        h("a", { class: "button first", href: "/" }, "Start a list"),
      ),
      known,
    );
    return undefined;
  }
  const place = h("section", { "aria-label": "People like you" }, h("p", { class: "hint" }, "Comparing …"));
  fill(main, head, place, known);
  try {
    const found = await post("/api/users/similar", { history: history(), k: 20 });
    const top = Math.max(...found.results.map((one) => one.similarity), 0.01);
    fill(
      place,
      notes(found.notes),
      h(
        "ol",
        { class: "rows people" },
        found.results.map((one) =>
          h(
            "li",
            {},
            h("span", { class: "number rank" }, one.rank),
            h("a", { class: "grow", href: `/people/${encodeURIComponent(one.user_id)}` }, `Viewer ${one.user_id}`),
            h("meter", {
              min: 0,
              max: top,
              value: Math.max(0, one.similarity),
              "aria-label": `How alike: ${Math.round(100 * one.similarity)}%`,
            }),
            h("span", { class: "number" }, `${Math.round(100 * one.similarity)}% alike`),
          ),
        ),
      ),
    );
    announce(`${count(found.results.length, "person", "people")} like you`);
  } catch (error) {
    fill(place, failure(error));
  }
  return undefined;
}

async function onePerson(main, id) {
  document.title = `Viewer ${id} - konomi`;
  const address = `/api/users/${encodeURIComponent(id)}`;
  const user = await get(address, { limit: 24 });
  const facts = [count(user.n_rows, "title"), `${user.n_rated.toLocaleString("en")} rated`];
  if (user.mean_rating !== null) facts.push(`${user.mean_rating.toFixed(1)} on average`);
  const place = h("div", {});
  fill(
    main,
    h(
      "div",
      { class: "intro" },
      h("p", { class: "kicker" }, h("a", { href: "/people" }, "People")),
      h("h1", {}, `Viewer ${user.user_id}`),
      h("p", {}, facts.join(" · ")),
    ),
    place,
  );
  if (!list().rows.length) {
    fill(
      place,
      h("section", { class: "part" }, h("h2", {}, "Their favourites"), theirRows(user.rows)),
      h("p", { class: "hint" }, h("a", { href: "/" }, "Start a list"), " to see what you share."),
    );
    return;
  }
  try {
    const found = await post(`${address}/compare`, { history: history(), k: 12 });
    const summary = [`${count(found.n_shared, "title")} in common`];
    if (found.similarity !== null) summary.unshift(`${Math.round(100 * found.similarity)}% alike`);
    if (found.correlation !== null) summary.push(agreement(found.correlation));
    fill(
      place,
      h("p", { class: "verdict" }, summary.join(" · ")),
      notes(found.notes),
      h(
        "div",
        { class: "two" },
        part("You both like", "The rarest first", found.shared_favourites, "Nothing that both of you rate highly."),
        part(
          "Where you differ",
          "Furthest apart first",
          found.differences,
          "You agree on whatever both of you rated.",
        ),
      ),
      h(
        "section",
        { class: "part" },
        h("h2", {}, "They loved it, you have not seen it"),
        found.they_loved.length
          ? h(
              "div",
              { class: "cards" },
              found.they_loved.map((one) =>
                card(one.item, {
                  lead: one.theirs === null ? null : h("span", { class: "match" }, `they gave ${one.theirs}`),
                  actions: [
                    action("Plan to watch", one.item, (event) => {
                      setRow(one.item, { status: "planned" });
                      announce(`${titleOf(one.item)} is planned`);
                      event.target.replaceWith(h("span", { class: "hint" }, "Planned"));
                    }),
                  ],
                }),
              ),
            )
          : h("p", { class: "hint" }, "You have seen all that they loved."),
      ),
    );
  } catch (error) {
    fill(place, failure(error));
  }
}

function part(heading, hint, rows, nothing) {
  return h(
    "section",
    { class: "part" },
    h("h2", {}, heading),
    rows.length
      ? [
          h("p", { class: "hint" }, hint),
          h(
            "table",
            { class: "pairs" },
            h(
              "thead",
              {},
              h(
                "tr",
                {},
                h("th", { scope: "col" }, h("span", { class: "unseen" }, "Title")),
                h("th", { scope: "col" }, "You"),
                h("th", { scope: "col" }, "They"),
              ),
            ),
            h(
              "tbody",
              {},
              rows.map((one) =>
                h(
                  "tr",
                  {},
                  h("th", { scope: "row" }, h("a", { href: likeHref(one.item) }, shown(one.item))),
                  h("td", {}, one.yours ?? "–"),
                  h("td", {}, one.theirs ?? "–"),
                ),
              ),
            ),
          ),
        ]
      : h("p", { class: "hint" }, nothing),
  );
}

function theirRows(rows) {
  return h(
    "ul",
    { class: "rows" },
    rows.map((row) =>
      h(
        "li",
        {},
        h("a", { class: "grow", href: likeHref(row.item) }, shown(row.item)),
        h("span", { class: "number" }, row.rating ?? "–"),
      ),
    ),
  );
}

function agreement(correlation) {
  if (correlation > 0.5) return "your scores agree";
  if (correlation > 0.15) return "your scores agree somewhat";
  if (correlation > -0.15) return "your scores have little to do with each other";
  return "your scores disagree";
}
