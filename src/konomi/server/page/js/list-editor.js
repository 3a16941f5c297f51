// A list and how it gets in: by file, or title by title. Used for yours and for a friend's.
import { model, upload } from "./api.js";
import { likeHref } from "./cards.js";
import { announce, count, fill, h, notes } from "./dom.js";
import { searchField } from "./search.js";
import { clearList, list, removeRow, setList, setRow } from "./store.js";
import { facts, title, titleOf } from "./titles.js";

const SHOWN = 12;
const STATUSES = {
  completed: "Seen",
  watching: "Watching",
  on_hold: "On hold",
  dropped: "Dropped",
  planned: "Planned",
  unknown: "Seen",
};

// next: what stands between the ways in and the list.
export function listEditor({ which = "list", onchange = () => {}, next = null } = {}) {
  const told = h("div", {});
  const rows = h("div", {});
  let all = false;
  const changed = () => {
    draw();
    onchange();
  };

  const drop = dropZone(which === "friend" ? "the other list" : "your list", async (file) => {
    drop.disabled = true;
    fill(told, h("p", { class: "notes" }, `Reading ${file.name} …`));
    try {
      const found = await upload(file);
      announce(`${found.n_matched} of ${found.n_entries} titles found`);
      if (!found.n_matched) {
        fill(
          told,
          h(
            "p",
            { class: "problem", role: "alert" },
            `None of the ${count(found.n_entries, "title")} in ${file.name} is in this catalogue. ${list(which).rows.length ? "The list below stays as it was." : ""}`,
          ),
          notes(found.notes),
        );
      } else {
        const before = list(which);
        setList({ name: found.user_name || file.name, rows: found.rows }, which);
        fill(told, matched(found), before.rows.length ? undo(before) : null);
        changed();
      }
    } catch (error) {
      fill(told, h("p", { class: "problem", role: "alert" }, error.message));
    }
    drop.disabled = false;
  });
  // A file takes the place of what was there, which may have been picked by hand.
  const undo = (before) =>
    h(
      "p",
      {},
      `It took the place of a list of ${count(before.rows.length, "title")}. `,
      h(
        "button",
        {
          class: "quiet",
          type: "button",
          onclick: () => {
            setList(before, which);
            fill(told);
            changed();
          },
        },
        "Bring that one back",
      ),
    );
  const search = searchField({
    label: "Or search and pick",
    placeholder: "A title you liked",
    onpick: (item) => {
      setRow(item, {}, which);
      announce(`${titleOf(item)} added`);
      changed();
    },
  });

  function draw() {
    const own = list(which).rows;
    if (!own.length) return fill(rows);
    const shown = all ? own : own.slice(0, SHOWN);
    return fill(
      rows,
      h(
        "div",
        { class: "row list-head" },
        h("h2", {}, count(own.length, "title")),
        h(
          "button",
          {
            class: "quiet",
            type: "button",
            onclick: () => {
              clearList(which);
              fill(told);
              changed();
            },
          },
          "Remove all",
        ),
      ),
      h(
        "ul",
        { class: "rows" },
        shown.map((row) =>
          h(
            "li",
            {},
            h(
              "span",
              { class: "grow" },
              h("a", { href: likeHref(row.item) }, title(row.item)),
              " ",
              h("small", {}, facts(row.item)),
            ),
            row.status === "planned" || row.status === "dropped" ? h("small", {}, STATUSES[row.status]) : null,
            scorePicker(row, which),
            h(
              "button",
              {
                class: "quiet",
                type: "button",
                "aria-label": `Remove ${titleOf(row.item)}`,
                onclick: () => {
                  removeRow(row.item.item_id, which);
                  changed();
                },
              },
              "Remove",
            ),
          ),
        ),
      ),
      own.length > SHOWN &&
        h(
          "button",
          {
            class: "quiet",
            type: "button",
            onclick: () => {
              all = !all;
              draw();
            },
          },
          all ? "Show fewer" : `Show all ${own.length.toLocaleString("en")}`,
        ),
    );
  }

  draw();
  return h("div", { class: "list-editor" }, h("div", { class: "ways-in" }, drop, search), told, next, rows);
}

function scorePicker(row, which) {
  const select = h(
    "select",
    { class: "score", "aria-label": `Your score of ${titleOf(row.item)}` },
    h("option", { value: "" }, "No score"),
  );
  if (row.rating !== null) select.append(h("option", { value: String(row.rating) }, String(row.rating)));
  select.value = row.rating === null ? "" : String(row.rating);
  model()
    .then(({ rating_scale: scale }) => {
      const [low, high] = scale ?? [1, 10];
      for (let value = Math.floor(high); value >= Math.ceil(low); value -= 1) {
        if (value !== row.rating) select.append(h("option", { value: String(value) }, String(value)));
      }
      select.value = row.rating === null ? "" : String(row.rating);
    })
    .catch(() => {});
  select.addEventListener("change", () => {
    row.rating = select.value === "" ? null : Number(select.value);
    setList(list(which), which);
  });
  return select;
}

function dropZone(what, onfile) {
  const input = h("input", {
    type: "file",
    class: "unseen",
    accept: ".xml,.gz,.json,.csv,.txt",
    "aria-label": "A list file",
  });
  const zone = h(
    "label",
    { class: "drop" },
    input,
    h("strong", {}, `Drop ${what} here, or choose a file`),
    h("span", {}, "MyAnimeList export (.xml, .xml.gz), AniList JSON, or any CSV of titles and scores"),
  );
  input.addEventListener("change", () => {
    if (input.files[0]) onfile(input.files[0]);
    input.value = "";
  });
  zone.addEventListener("dragover", (event) => {
    event.preventDefault();
    zone.classList.add("over");
  });
  zone.addEventListener("dragleave", () => zone.classList.remove("over"));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    zone.classList.remove("over");
    if (event.dataTransfer.files[0]) onfile(event.dataTransfer.files[0]);
  });
  return zone;
}

function matched(found) {
  const missing = found.n_entries - found.n_matched;
  return h(
    "div",
    { class: "matched" },
    h(
      "p",
      {},
      h("strong", {}, `${count(found.n_matched, "title")} found`),
      missing ? `, ${missing.toLocaleString("en")} not in this catalogue.` : ".",
    ),
    notes(found.notes),
    found.unknown.length
      ? h("details", {}, h("summary", {}, "What was not found"), h("p", {}, found.unknown.join(", ")))
      : null,
  );
}
