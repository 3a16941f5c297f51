// The data stored in this browser: lists, muted and hidden titles, the language. The server stores none of it.

const PREFIX = "konomi.";
const EMPTY = { name: "", rows: [] };
const lists = new Map();

// which: "list" is the user's own, "friend" the other one. A list is { name, rows }, a row { item, rating, status }.
export function list(which = "list") {
  if (!lists.has(which)) lists.set(which, read(which, EMPTY));
  return lists.get(which);
}

export function setList(value, which = "list") {
  lists.set(which, value);
  write(which, value);
}

export function clearList(which = "list") {
  setList(EMPTY, which);
  if (which === "list") {
    setMuted([]);
    setHidden([]);
  }
}

export function rowOf(itemId, which = "list") {
  return list(which).rows.find((row) => row.item.item_id === itemId);
}

// Puts a title on top of the list and removes its old row.
export function setRow(item, { rating = null, status = "completed" } = {}, which = "list") {
  setList({ name: list(which).name, rows: [{ item, rating, status }, ...rowsWithout(item.item_id, which)] }, which);
}

export function removeRow(itemId, which = "list") {
  setList({ name: list(which).name, rows: rowsWithout(itemId, which) }, which);
}

// The rows of titles that were watched, completely or in part.
export const watched = (which = "list") => list(which).rows.filter((row) => row.status !== "planned");

// Muted: ids of titles of the list that do not count. Hidden: titles that are not to be shown.
export const muted = () => read("muted", []);
export const hidden = () => read("hidden", []);
export const setMuted = (ids) => write("muted", ids);
export const setHidden = (items) => write("hidden", items);

// The list as the server takes it, without the muted titles.
export function history(which = "list") {
  const leftOut = new Set(which === "list" ? muted() : []);
  const rows = list(which).rows.filter((row) => !leftOut.has(row.item.item_id));
  return rows.map(({ item, rating, status }) => ({ item_id: item.item_id, rating, status }));
}

export const language = () => read("language", "title");
export const setLanguage = (value) => write("language", value);

const rowsWithout = (itemId, which) => list(which).rows.filter((row) => row.item.item_id !== itemId);

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
    // The storage is full or forbidden: the list is then kept until the tab is closed.
  }
}
