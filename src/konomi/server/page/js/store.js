// What this browser remembers: lists, titles taken out, the language of titles. Nothing else keeps it.

const PREFIX = "konomi.";
const listeners = new Set();

function read(name, fallback) {
  try {
    return JSON.parse(localStorage.getItem(PREFIX + name)) ?? fallback;
  } catch {
    return fallback;
  }
}

function write(name, value) {
  try {
    localStorage.setItem(PREFIX + name, JSON.stringify(value));
  } catch {
    // A full or forbidden storage: the list then lasts as long as the tab.
  }
  for (const listener of listeners) listener(name);
}

export function onChange(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

const EMPTY = { name: "", rows: [] };
const cache = new Map();

// which: "list" is yours, "friend" the other one. Rows: { item, rating, status }.
export function list(which = "list") {
  if (!cache.has(which)) cache.set(which, read(which, EMPTY));
  return cache.get(which);
}

export function setList(value, which = "list") {
  cache.set(which, value);
  write(which, value);
}

export function clearList(which = "list") {
  setList(EMPTY, which);
  if (which === "list") {
    write("muted", []);
    write("hidden", []);
  }
}

export function rowOf(itemId, which = "list") {
  return list(which).rows.find((row) => row.item.item_id === itemId);
}

export function setRow(item, { rating = null, status = "completed" } = {}, which = "list") {
  const { name, rows } = list(which);
  const others = rows.filter((row) => row.item.item_id !== item.item_id);
  setList({ name, rows: [{ item, rating, status }, ...others] }, which);
}

export function removeRow(itemId, which = "list") {
  const { name, rows } = list(which);
  setList({ name, rows: rows.filter((row) => row.item.item_id !== itemId) }, which);
}

// muted: titles of the list that are not to count; hidden: titles that are not to be shown.
export const muted = () => read("muted", []);
export const hidden = () => read("hidden", []);
export const setMuted = (ids) => write("muted", ids);
export const setHidden = (rows) => write("hidden", rows);

// The history to send: without the muted titles, whose ids come apart so that they are not recommended either.
export function history(which = "list") {
  const out = which === "list" ? new Set(muted()) : new Set();
  const rows = list(which).rows.filter((row) => !out.has(row.item.item_id));
  return rows.map((row) => ({ item_id: row.item.item_id, rating: row.rating, status: row.status }));
}

export const watched = (which = "list") => list(which).rows.filter((row) => row.status !== "planned");

export const language = () => read("language", "title");
export const setLanguage = (value) => write("language", value);
