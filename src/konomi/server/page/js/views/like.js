// Like this: an item, what is most like it, or for fun what is least.
import { get } from "../api.js";
import { action, card, likeHref } from "../cards.js";
import { announce, busy, count, empty, failure, fill, ghosts, h, notes } from "../dom.js";
import { filterPanel, whereOf } from "../filters.js";
import { searchField } from "../search.js";
import { rowOf, setRow } from "../store.js";
import { facts, otherTitle, title as shown, spine, titleOf } from "../titles.js";

export const title = "Like this";

export async function show(main, { id, query, setQuery, go }) {
  const search = searchField({
    label: "A title",
    placeholder: "Find a title",
    hideLabel: true,
    onpick: (item) => go(likeHref(item)),
  });
  if (id === null) {
    const famous = h("div", {});
    fill(
      main,
      h(
        "div",
        { class: "intro" },
        h("h1", {}, "Like this"),
        h("p", {}, "Pick a title and see what people who watch it also watch."),
      ),
      h("div", { class: "lone-search" }, search),
      famous,
    );
    get("/api/items", { limit: 12 })
      .then(({ results }) =>
        fill(
          famous,
          h("h2", { class: "over-cards" }, "Or start from one of these"),
          h(
            "div",
            { class: "cards" },
            results.map((item) => card(item)),
          ),
        ),
      )
      .catch(() => {});
    return;
  }
  const address = `/api/items/${encodeURIComponent(id)}`;
  const page = await get(address);
  document.title = `Like ${titleOf(page.item)} - konomi`;
  const results = h("section", { "aria-label": "Similar titles" });
  const heading = h("h2", { class: "over-cards" });
  const toggle = h("button", { class: "button", type: "button" });
  const mine = h("span", {});

  async function ask() {
    const least = query.get("least") === "true";
    heading.textContent = least ? "The least alike" : "Most alike";
    toggle.textContent = least ? "Back to the most alike" : "The least alike, for fun";
    busy(results);
    try {
      const found = await get(`${address}/similar`, { ...whereOf(query), k: 24, least });
      if (!found.results.length)
        fill(results, empty("Nothing fits these filters", "Loosen one of them, and titles come back."));
      else {
        fill(
          results,
          notes(found.notes),
          h(
            "div",
            { class: "cards" },
            found.results.map((one) =>
              card(one.item, {
                lead: h("span", { class: "match" }, alike(one.similarity)),
                actions: [own(one.item)],
              }),
            ),
          ),
        );
      }
      announce(`${count(found.results.length, "title")}, ${heading.textContent.toLowerCase()}`);
    } catch (error) {
      fill(results, failure(error, ask));
    }
    busy(results, false);
  }

  function own(item) {
    if (rowOf(item.item_id)) return h("span", { class: "hint" }, "On your list");
    return action("I liked it", item, (event) => {
      setRow(item);
      announce(`${titleOf(item)} added to your list`);
      event.target.replaceWith(h("span", { class: "hint" }, "On your list"));
    });
  }

  toggle.addEventListener("click", () => {
    if (query.get("least") === "true") query.delete("least");
    else query.set("least", "true");
    setQuery(query);
    ask();
  });
  const panel = await filterPanel(query, () => {
    setQuery(query);
    ask();
  });
  fill(
    main,
    h(
      "article",
      { class: "hero" },
      spine(page.item),
      h(
        "div",
        {},
        h("p", { class: "kicker" }, "Titles like"),
        h("h1", {}, shown(page.item)),
        otherTitle(page.item),
        h(
          "p",
          { class: "facts" },
          [facts(page.item), page.studios?.join(", "), `${page.n_ratings.toLocaleString("en")} ratings here`]
            .filter(Boolean)
            .join(" · "),
        ),
        page.item.genres?.length ? h("p", { class: "genres" }, page.item.genres.join(", ")) : null,
        h("p", { class: "synopsis" }, page.synopsis ?? "There is no synopsis of this one."),
        h(
          "div",
          { class: "row" },
          mine,
          h("a", { class: "quiet", href: `/map?item=${encodeURIComponent(id)}` }, "On the map"),
        ),
      ),
    ),
    h("div", { class: "row between" }, panel, toggle),
    heading,
    fill(results, ghosts()),
    h("div", { class: "lone-search below" }, h("h2", {}, "Another title"), search),
  );
  fill(mine, own(page.item));
  ask();
}

export function alike(similarity) {
  return `${Math.round(100 * similarity)}% alike`;
}
