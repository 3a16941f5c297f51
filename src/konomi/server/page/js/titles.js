// The title of an item in the chosen language, its color and its facts.
import { h } from "./dom.js";
import { language } from "./store.js";

// Spine colors by genre; css/base.css gives each number its color.
const HUE_GENRES = [
  ["Action", "Martial Arts", "Super Power", "Sports", "Samurai"],
  ["Sci-Fi", "Space", "Mecha", "Military"],
  ["Adventure", "Historical", "Kids"],
  ["Romance", "Shoujo", "Drama", "Josei"],
  ["Comedy", "School", "Parody", "Music"],
  ["Slice of Life", "Game"],
  ["Supernatural", "Magic", "Fantasy", "Mystery", "Vampire", "Demons"],
  ["Horror", "Thriller", "Psychological", "Seinen", "Police", "Dementia"],
];
const HUES = new Map(HUE_GENRES.flatMap((genres, number) => genres.map((genre) => [genre, number])));
const OTHER_HUE = 7;
// Genres that nearly all titles have come last, because they say little.
const VAGUE = new Set(["Action", "Adventure", "Comedy", "Drama", "Shounen"]);
const SPINE_LETTERS = 18;

// The title in the chosen language.
export function titleOf(item) {
  return item[language()] || item.title;
}

export function title(item) {
  const text = titleOf(item);
  return text === item.title_japanese ? h("span", { lang: "ja" }, text) : text;
}

// A title in another language, or null.
export function otherTitleOf(item) {
  const shown = titleOf(item);
  const titles = [item.title_japanese, item.title, item.title_english];
  return titles.find((text) => text && text !== shown) ?? null;
}

export function otherTitle(item) {
  const text = otherTitleOf(item);
  if (text === null) return null;
  return h("p", { class: "other-title", lang: text === item.title_japanese ? "ja" : null }, text);
}

// The number of the spine's color, 0 ... 7.
export function hue({ genres }) {
  const colored = (genres ?? []).filter((genre) => HUES.has(genre));
  const telling = colored.find((genre) => !VAGUE.has(genre)) ?? colored[0];
  return HUES.get(telling) ?? OTHER_HUE;
}

export function spine(item) {
  const japanese = Boolean(item.title_japanese);
  const text = (item.title_japanese || item.title).slice(0, SPINE_LETTERS);
  const name = h("span", { lang: japanese ? "ja" : null }, text);
  return h("div", { class: `spine spine-${hue(item)}`, "aria-hidden": "true" }, name);
}

// "TV · 1998 · 26 episodes · rated 8.8", as far as it is known.
export function facts({ type, year, episodes, score }) {
  const length = episodes === 1 ? "1 episode" : `${episodes} episodes`;
  const rated = score ? `rated ${score.toFixed(1)}` : null;
  return [type, year, episodes && type !== "Movie" ? length : null, rated].filter(Boolean).join(" · ");
}

export function genreLine({ genres }) {
  return genres?.length ? h("p", { class: "genres" }, genres.join(", ")) : null;
}
