// Which of an item's titles is shown, and what its spine says.

import { h } from "./dom.js";
import { language } from "./store.js";

const HUES = {
  Action: 0,
  "Martial Arts": 0,
  "Super Power": 0,
  Sports: 0,
  Samurai: 0,
  "Sci-Fi": 1,
  Space: 1,
  Mecha: 1,
  Military: 1,
  Adventure: 2,
  Historical: 2,
  Kids: 2,
  Romance: 3,
  Shoujo: 3,
  Drama: 3,
  Josei: 3,
  Comedy: 4,
  School: 4,
  Parody: 4,
  Music: 4,
  "Slice of Life": 5,
  Game: 5,
  Supernatural: 6,
  Magic: 6,
  Fantasy: 6,
  Mystery: 6,
  Vampire: 6,
  Demons: 6,
  Horror: 7,
  Thriller: 7,
  Psychological: 7,
  Seinen: 7,
  Police: 7,
  Dementia: 7,
};
// Genres that nearly everything has say little about a title, so the others are asked first.
const VAGUE = new Set(["Action", "Adventure", "Comedy", "Drama", "Shounen"]);

export function titleOf(item) {
  return item[language()] || item.title;
}

export function title(item) {
  const text = titleOf(item);
  return text === item.title_japanese ? h("span", { lang: "ja" }, text) : text;
}

export function otherTitle(item) {
  const shown = titleOf(item);
  const other = [item.title_japanese, item.title, item.title_english].find((text) => text && text !== shown);
  if (!other) return null;
  return h("p", { class: "other-title", lang: other === item.title_japanese ? "ja" : null }, other);
}

export function hue(item) {
  const genres = item.genres ?? [];
  const telling = genres.find((name) => !VAGUE.has(name) && name in HUES) ?? genres.find((name) => name in HUES);
  return telling === undefined ? 7 : HUES[telling];
}

export function spine(item) {
  const text = (item.title_japanese || item.title).slice(0, 18);
  const japanese = Boolean(item.title_japanese);
  return h(
    "div",
    { class: `spine spine-${hue(item)}`, "aria-hidden": "true" },
    h("span", { lang: japanese ? "ja" : null }, text),
  );
}

export function facts(item) {
  const parts = [item.type, item.year];
  if (item.episodes && item.type !== "Movie")
    parts.push(item.episodes === 1 ? "1 episode" : `${item.episodes} episodes`);
  if (item.score) parts.push(`rated ${item.score.toFixed(1)}`);
  return parts.filter(Boolean).join(" · ");
}
