// The editor of a list, which comes from a file or title by title. Used for your list and a friend's.
import { upload } from "./api.js";
import { likeHref } from "./cards.js";
import { announce, fill, h } from "./dom.js";
import { dropZone } from "./drop-zone.js";
import { notes, quietButton } from "./parts.js";
import { scorePicker } from "./score-picker.js";
import { searchField } from "./search.js";
import { clearList, list, removeRow, setList, setRow } from "./store.js";
import { facts, title, titleOf } from "./titles.js";
import { count, number } from "./words.js";

const N_SHOWN = 12;
// The statuses that a row shows; the others count as seen.
const STATUSES = { dropped: "Dropped", planned: "Planned" };

// which: "list" or "friend". onchange is called after each change. next: an element above the rows.
export function listEditor({ which = "list", onchange = () => {}, next = null } = {}) {
  const message = h("div", {});
  const rows = h("div", {});
  const drop = dropZone(which === "friend" ? "the other list" : "your list", readFile);
  const search = searchField({ label: "Or search and pick", placeholder: "A title you liked", onpick: add });
  let all = false;

  function changed() {
    draw();
    onchange();
  }

  async function readFile(file) {
    drop.disabled = true;
    fill(message, h("p", { class: "notes" }, `Reading ${file.name} …`));
    try {
      take(await upload(file), file);
    } catch (error) {
      fill(message, problem(error.message));
    }
    drop.disabled = false;
  }

  function take(found, file) {
    announce(`${found.n_matched} of ${found.n_entries} titles found`);
    const before = list(which);
    if (!found.n_matched) {
      fill(message, nothingMatched(found, file, before), notes(found.notes));
      return;
    }
    setList({ name: found.user_name || file.name, rows: found.rows }, which);
    fill(message, matched(found), before.rows.length ? replaced(before, () => bringBack(before)) : null);
    changed();
  }

  function bringBack(before) {
    setList(before, which);
    fill(message);
    changed();
  }

  function add(item) {
    setRow(item, {}, which);
    announce(`${titleOf(item)} added`);
    changed();
  }

  function removeAll() {
    clearList(which);
    fill(message);
    changed();
  }

  function toggleAll() {
    all = !all;
    draw();
  }

  function draw() {
    const own = list(which).rows;
    if (!own.length) {
      fill(rows);
      return;
    }
    const heading = h("h2", {}, count(own.length, "title"));
    const shown = all ? own : own.slice(0, N_SHOWN);
    const items = shown.map((row) => listRow(row, { onscore: (score) => setScore(row, score), onremove: remove }));
    fill(
      rows,
      h("div", { class: "row list-head" }, heading, quietButton("Remove all", removeAll)),
      h("ul", { class: "rows" }, items),
      own.length > N_SHOWN && quietButton(all ? "Show fewer" : `Show all ${number(own.length)}`, toggleAll),
    );
  }

  function setScore(row, score) {
    row.rating = score;
    setList(list(which), which);
  }

  function remove(row) {
    removeRow(row.item.item_id, which);
    changed();
  }

  draw();
  return h("div", { class: "list-editor" }, h("div", { class: "ways-in" }, drop, search), message, next, rows);
}

function listRow(row, { onscore, onremove }) {
  const { item, status } = row;
  const name = h("a", { href: likeHref(item) }, title(item));
  return h(
    "li",
    {},
    h("span", { class: "grow" }, name, " ", h("small", {}, facts(item))),
    status in STATUSES ? h("small", {}, STATUSES[status]) : null,
    scorePicker(row, onscore),
    quietButton("Remove", () => onremove(row), { "aria-label": `Remove ${titleOf(item)}` }),
  );
}

const problem = (text) => h("p", { class: "problem", role: "alert" }, text);

function nothingMatched(found, file, before) {
  const kept = before.rows.length ? "The list below stays as it was." : "";
  return problem(`None of the ${count(found.n_entries, "title")} in ${file.name} is in this catalog. ${kept}`);
}

// A file replaces the list, which may have been picked title by title. A button brings the old one back.
function replaced(before, onback) {
  const words = `It took the place of a list of ${count(before.rows.length, "title")}. `;
  return h("p", {}, words, quietButton("Bring that one back", onback));
}

function matched(found) {
  const missing = found.n_entries - found.n_matched;
  const unknown = () =>
    h("details", {}, h("summary", {}, "What was not found"), h("p", {}, found.unknown.join(", ")));
  return h(
    "div",
    { class: "matched" },
    h(
      "p",
      {},
      h("strong", {}, `${count(found.n_matched, "title")} found`),
      missing ? `, ${number(missing)} not in this catalog.` : ".",
    ),
    notes(found.notes),
    found.unknown.length ? unknown() : null,
  );
}
