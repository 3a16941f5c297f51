// Filters: which titles may be shown. They are in the address, so that a view can be shared.

const LISTS = ["type", "genre", "genre_all", "genre_none"];
const NUMBERS = ["year_from", "year_to", "episodes_from", "episodes_to", "min_members"];

// query: the URLSearchParams of the address, which the functions below change in place.

// The filters as the server takes them.
export function whereOf(query) {
  const where = {};
  for (const name of LISTS.filter((list) => query.has(list))) where[name] = query.getAll(name);
  for (const name of NUMBERS.filter((key) => query.has(key))) {
    const value = Number(query.get(name));
    if (Number.isInteger(value)) where[name] = value;
  }
  if (query.get("adult") === "true") where.adult = true;
  return where;
}

// The number of filters that are set; each type and genre counts.
export function filterCount(query) {
  const inLists = LISTS.flatMap((name) => query.getAll(name)).length;
  const numbers = NUMBERS.filter((name) => query.has(name)).length;
  return inLists + numbers + (query.get("adult") === "true" ? 1 : 0);
}

export function clearFilters(query) {
  for (const name of [...LISTS, ...NUMBERS, "adult"]) query.delete(name);
}

// Sets a single value; "" removes it.
export function setValue(query, name, value) {
  if (value === "") query.delete(name);
  else query.set(name, value);
}

export const hasType = (query, type) => query.getAll("type").includes(type);

export function toggleType(query, type) {
  if (hasType(query, type)) takeOut(query, "type", type);
  else query.append("type", type);
}

// "wanted", "unwanted" or "any".
export function genreState(query, genre) {
  if (query.getAll("genre").includes(genre)) return "wanted";
  return query.getAll("genre_none").includes(genre) ? "unwanted" : "any";
}

// The next state: any, wanted, unwanted, any.
export function turnGenre(query, genre) {
  const before = genreState(query, genre);
  takeOut(query, "genre", genre);
  takeOut(query, "genre_none", genre);
  if (before === "any") query.append("genre", genre);
  if (before === "wanted") query.append("genre_none", genre);
}

function takeOut(query, name, value) {
  const kept = query.getAll(name).filter((other) => other !== value);
  query.delete(name);
  for (const other of kept) query.append(name, other);
}
