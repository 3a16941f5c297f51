// Like this: an item and the most similar items, or the least similar ones.
import { get } from "../api.js";
import { action, card, likeHref, match, synopsisOf } from "../cards.js";
import { announce, fill, h } from "../dom.js";
import { filterPanel } from "../filter-panel.js";
import { setValue, whereOf } from "../filters.js";
import { button, ghosts, grid, intro, load, loneSearch, notes, nothingFits } from "../parts.js";
import { searchField } from "../search.js";
import { rowOf, setRow } from "../store.js";
import { facts, genreLine, otherTitle, title as shown, spine, titleOf } from "../titles.js";
import { alike, count, number } from "../words.js";

export const title = "Like this";
const N_FAMOUS = 12;
const N_SIMILAR = 24;

export async function show(main, { id, query, setQuery, go }) {
  const onpick = (item) => go(likeHref(item));
  const search = searchField({ label: "A title", placeholder: "Find a title", hideLabel: true, onpick });
  if (id === null) showSearch(main, search);
  else await showItem(main, { id, query, setQuery, search });
}

function showSearch(main, search) {
  const famous = h("div", {});
  const head = intro("Like this", h("p", {}, "Pick a title and see what people who watch it also watch."));
  fill(main, head, loneSearch(search), famous);
  get("/api/items", { limit: N_FAMOUS })
    .then(({ results }) => {
      const cards = results.map((item) => card(item));
      fill(famous, h("h2", { class: "over-cards" }, "Or start from one of these"), grid(cards));
    })
    .catch(() => {
      // Without suggestions there is still the search.
    });
}

async function showItem(main, { id, query, setQuery, search }) {
  const address = `/api/items/${encodeURIComponent(id)}`;
  const page = await get(address);
  document.title = `Like ${titleOf(page.item)} - konomi`;
  const results = h("section", { "aria-label": "Similar titles" });
  const heading = h("h2", { class: "over-cards" });
  const toggle = button("", turn);
  const isLeast = () => query.get("least") === "true";

  function turn() {
    setValue(query, "least", isLeast() ? "" : "true");
    changed();
  }

  function changed() {
    setQuery(query);
    ask();
  }

  function ask() {
    heading.textContent = isLeast() ? "The least alike" : "Most alike";
    toggle.textContent = isLeast() ? "Back to the most alike" : "The least alike, for fun";
    return load(results, answer, ask);
  }

  async function answer() {
    const found = await get(`${address}/similar`, { ...whereOf(query), k: N_SIMILAR, least: isLeast() });
    announce(`${count(found.results.length, "title")}, ${heading.textContent.toLowerCase()}`);
    if (!found.results.length) return nothingFits();
    const cards = found.results.map(({ item, similarity }) =>
      card(item, { lead: match(alike(similarity)), actions: [likedAction(item)] }),
    );
    return [notes(found.notes), grid(cards)];
  }

  const panel = await filterPanel(query, changed);
  fill(
    main,
    hero(page, id),
    h("div", { class: "row between" }, panel, toggle),
    heading,
    fill(results, ghosts()),
    h("div", { class: "lone-search below" }, h("h2", {}, "Another title"), search),
  );
  ask();
}

// page: the answer of /api/items/ID. id: as it is in the address.
function hero(page, id) {
  const { item } = page;
  const ratings = `${number(page.n_ratings)} ratings here`;
  const known = [facts(item), page.studios?.join(", "), ratings].filter(Boolean);
  const map = h("a", { class: "quiet", href: `/map?item=${encodeURIComponent(id)}` }, "On the map");
  const body = h(
    "div",
    {},
    h("p", { class: "kicker" }, "Titles like"),
    h("h1", {}, shown(item)),
    otherTitle(item),
    h("p", { class: "facts" }, known.join(" · ")),
    genreLine(item),
    h("p", { class: "synopsis" }, synopsisOf(page)),
    h("div", { class: "row" }, h("span", {}, likedAction(item)), map),
  );
  return h("article", { class: "hero" }, spine(item), body);
}

function likedAction(item) {
  const onList = () => h("span", { class: "hint" }, "On your list");
  if (rowOf(item.item_id)) return onList();
  return action("I liked it", item, (event) => {
    setRow(item);
    announce(`${titleOf(item)} added to your list`);
    event.target.replaceWith(onList());
  });
}
