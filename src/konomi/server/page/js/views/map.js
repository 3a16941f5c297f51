// Map: all titles, similar ones near each other; where you are, and what is near a title.
import { get, post } from "../api.js";
import { Atlas } from "../atlas/atlas.js";
import { Dots } from "../atlas/dots.js";
import { likeHref } from "../cards.js";
import { announce, fill, h } from "../dom.js";
import { setValue } from "../filters.js";
import { button, checkbox, hint, intro } from "../parts.js";
import { searchField } from "../search.js";
import { history, language, watched } from "../store.js";
import { hue, titleOf } from "../titles.js";

export const title = "Map";
const INTRODUCTION = "Each dot is a title. The nearer two are, the more the same people watch them.";
const HOW_TO_USE = "Map of titles. Arrow keys move, plus and minus zoom, Enter opens the title in the middle.";
const ZOOM_STEP = 1.5;
const N_NEAR = 8;
const MAX_ATTEMPTS = 20;
const WAIT_MS = 2000;

export async function show(main, { query, setQuery, go }) {
  const canvas = h("canvas", { tabIndex: 0, role: "application", "aria-label": HOW_TO_USE });
  const label = h("div", { class: "map-label", hidden: true });
  const wait = h("p", { class: "map-wait" }, "Drawing the map …");
  const frame = h("div", { class: "map-frame" }, canvas, label, wait);
  fill(main, intro("Map", h("p", {}, INTRODUCTION)), frame);
  const adult = query.get("adult") === "true";
  const found = await mapOf(adult, () => frame.isConnected);
  const here = await positionOf(history(), adult);
  if (!frame.isConnected) return undefined;
  wait.remove();

  const name = namesOf(found, language());
  const numbers = new Map(found.item_ids.map((id, n) => [id, n]));
  const href = (n) => likeHref({ item_id: found.item_ids[n] });
  const mine = onMap(watched(), numbers);
  const near = h("section", { class: "part", "aria-live": "polite" });
  const dots = new Dots({ ...found, hues: huesOf(found), weights: found.n_ratings, mine });
  const atlas = new Atlas(canvas, {
    dots,
    regions: found.regions,
    here,
    name,
    onhover: (n, x, y) => showLabel(label, n < 0 ? null : name(n), { x, y, width: canvas.clientWidth }),
    onopen: (n) => go(href(n)),
    onmiddle: (n) => announce(name(n)),
  });

  function choose(n) {
    atlas.select(n);
    announce(`${name(n)} is in the middle of the map`);
    const around = [n, ...dots.nearest(n, N_NEAR)];
    const links = around.map((other) => ({ name: name(other), href: href(other) }));
    fill(near, neighbors(name(n), links));
  }

  function find(item) {
    const n = numbers.get(item.item_id);
    if (n === undefined) {
      fill(near, hint(`${titleOf(item)} is not on this map: ${WHY_NOT_ON_MAP}`));
      return;
    }
    query.set("item", item.item_id);
    setQuery(query);
    choose(n);
  }

  function goHere() {
    atlas.goHere();
    announce("You are in the middle of the map");
  }

  function toggleAdult() {
    setValue(query, "adult", adult ? "" : "true");
    go(`/map?${query}`);
  }

  const field = { label: "Find on the map", placeholder: "Find a title on the map", hideLabel: true, onpick: find };
  const buttons = h(
    "div",
    { class: "row" },
    button("+", () => atlas.zoom(ZOOM_STEP), { "aria-label": "Zoom in" }),
    button("−", () => atlas.zoom(1 / ZOOM_STEP), { "aria-label": "Zoom out" }),
    button("Whole map", () => atlas.reset()),
    here ? button("Where am I?", goHere) : null,
    checkbox("Adult titles", { checked: adult, onchange: toggleAdult }),
  );
  frame.before(h("div", { class: "map-tools" }, searchField(field), buttons));
  frame.after(near);
  const asked = found.item_ids.findIndex((id) => String(id) === query.get("item"));
  if (asked >= 0) choose(asked);
  canvas.dataset.ready = "true";
  return () => atlas.close();
}

const WHY_NOT_ON_MAP = "too few people here have watched it, or it is for adults.";

// The map. The server answers 503 while it computes a large one for the first time.
async function mapOf(adult, isWanted) {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await get("/api/map", { adult });
    } catch (error) {
      if (error.status !== 503 || attempt > MAX_ATTEMPTS || !isWanted()) throw error;
      await new Promise((resolve) => {
        setTimeout(resolve, WAIT_MS);
      });
    }
  }
}

// Where a list is on the map, as { x, y }; null if none of its titles is there.
export async function positionOf(rows, adult) {
  if (!rows.length) return null;
  try {
    const { x, y } = await post("/api/map", { history: rows, adult });
    return x === null ? null : { x, y };
  } catch (error) {
    // A list of titles that this model does not know.
    if (error.code === "bad_history") return null;
    throw error;
  }
}

// found: the map as the server gives it, column by column. A function from a dot's number to its title.
export function namesOf(found, language) {
  const column = { title_english: found.titles_english, title_japanese: found.titles_japanese }[language];
  return (n) => column?.[n] || found.titles[n];
}

// The color of each dot, by its rarest genre.
export const huesOf = ({ kinds, genres }) => kinds.map((kind) => hue({ genres: kind < 0 ? [] : [genres[kind]] }));

// The numbers of the dots of a list's rows.
export const onMap = (rows, numbers) =>
  rows.map(({ item }) => numbers.get(item.item_id)).filter((n) => n !== undefined);

const LABEL = { right: 14, above: 12, width: 180, top: 4 };

// Shows a title next to the pointer, inside the canvas; null hides it.
function showLabel(label, text, { x, y, width }) {
  label.hidden = text === null;
  if (text === null) return;
  label.textContent = text;
  label.style.left = `${Math.min(x + LABEL.right, width - LABEL.width)}px`;
  label.style.top = `${Math.max(y - LABEL.above, LABEL.top)}px`;
}

// The nearest titles as text, for users who cannot see the dots.
function neighbors(name, links) {
  const chips = links.map((link) =>
    h("li", {}, h("a", { class: "chip", href: link.href }, h("span", { class: "text" }, link.name))),
  );
  return [h("h2", {}, `Around ${name}`), h("ul", { class: "chips" }, chips)];
}
