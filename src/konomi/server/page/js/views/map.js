// Map: every title, alike ones near each other; where you are, and what lies there.
import { get } from "../api.js";
import { Atlas } from "../atlas/atlas.js";
import { Dots, whereYouAre } from "../atlas/dots.js";
import { likeHref } from "../cards.js";
import { announce, fill, h } from "../dom.js";
import { searchField } from "../search.js";
import { language, watched } from "../store.js";
import { hue, titleOf } from "../titles.js";

export const title = "Map";

export async function show(main, { query, setQuery, go }) {
  const canvas = h("canvas", {
    tabIndex: 0,
    role: "application",
    "aria-label": "Map of titles. Arrow keys move, plus and minus zoom, Enter opens the title in the middle.",
  });
  const label = h("div", { class: "map-label", hidden: true });
  const frame = h("div", { class: "map-frame" }, canvas, label, h("p", { class: "map-wait" }, "Drawing the map …"));
  fill(
    main,
    h(
      "div",
      { class: "intro" },
      h("h1", {}, "Map"),
      h("p", {}, "Each dot is a title. The nearer two are, the more the same people watch them."),
    ),
    frame,
  );
  const adult = query.get("adult") === "true";
  const found = await drawn(adult, () => frame.isConnected);
  if (!frame.isConnected) return undefined;
  frame.querySelector(".map-wait").remove();

  const names = { title: found.titles, title_english: found.titles_english, title_japanese: found.titles_japanese }[
    language()
  ];
  const name = (n) => names[n] || found.titles[n];
  const rowOfId = new Map(found.item_ids.map((id, n) => [id, n]));
  const mine = watched()
    .filter((row) => rowOfId.has(row.item.item_id))
    .map((row) => ({ n: rowOfId.get(row.item.item_id), rating: row.rating }));
  const dots = new Dots({
    x: found.x,
    y: found.y,
    weights: found.n_ratings,
    hues: found.kinds.map((kind) => hue({ genres: kind < 0 ? [] : [found.genres[kind]] })),
    mine: mine.map((one) => one.n),
  });
  const atlas = new Atlas(canvas, {
    dots,
    regions: found.regions,
    here: whereYouAre(mine, found),
    name,
    onhover: (n, x, y) => {
      label.hidden = n < 0;
      if (n < 0) return;
      label.textContent = name(n);
      label.style.left = `${Math.min(x + 14, canvas.clientWidth - 180)}px`;
      label.style.top = `${Math.max(y - 12, 4)}px`;
    },
    onopen: (n) => go(likeHref({ item_id: found.item_ids[n] })),
    onmiddle: (n) => announce(name(n)),
  });

  const tell = (n) => {
    atlas.select(n);
    announce(`${name(n)} is in the middle of the map`);
  };

  const search = searchField({
    label: "Find on the map",
    placeholder: "Find a title on the map",
    hideLabel: true,
    onpick: (item) => {
      const n = rowOfId.get(item.item_id);
      if (n === undefined) {
        fill(
          near,
          h(
            "p",
            { class: "hint" },
            `${titleOf(item)} is not on this map: too few people here have watched it, or it is for adults.`,
          ),
        );
        return;
      }
      query.set("item", item.item_id);
      setQuery(query);
      tell(n);
      drawNear(n);
    },
  });
  const tools = h(
    "div",
    { class: "map-tools" },
    search,
    h(
      "div",
      { class: "row" },
      h(
        "button",
        { class: "button", type: "button", "aria-label": "Zoom in", onclick: () => atlas.zoom(1.5) },
        "+",
      ),
      h(
        "button",
        { class: "button", type: "button", "aria-label": "Zoom out", onclick: () => atlas.zoom(1 / 1.5) },
        "−",
      ),
      h("button", { class: "button", type: "button", onclick: () => atlas.reset() }, "Whole map"),
      mine.length
        ? h(
            "button",
            {
              class: "button",
              type: "button",
              onclick: () => {
                atlas.goHere();
                announce("You are in the middle of the map");
              },
            },
            "Where am I?",
          )
        : null,
      h(
        "label",
        { class: "check" },
        h("input", {
          type: "checkbox",
          checked: adult,
          onchange: () => {
            if (adult) query.delete("adult");
            else query.set("adult", "true");
            go(`/map?${query}`);
          },
        }),
        "Adult titles",
      ),
    ),
  );
  const near = h("section", { class: "part", "aria-live": "polite" });
  frame.before(tools);
  frame.after(near);

  // The same in words, for whoever cannot see the dots.
  function drawNear(n) {
    const around = dots.nearest(n, 8);
    fill(
      near,
      h("h2", {}, `Around ${name(n)}`),
      h(
        "ul",
        { class: "chips" },
        [n, ...around].map((one) =>
          h(
            "li",
            {},
            h(
              "a",
              { class: "chip", href: likeHref({ item_id: found.item_ids[one] }) },
              h("span", { class: "text" }, name(one)),
            ),
          ),
        ),
      ),
    );
  }

  const asked = query.get("item");
  const start = found.item_ids.findIndex((id) => String(id) === asked);
  if (start >= 0) {
    tell(start);
    drawNear(start);
  }
  canvas.dataset.ready = "true";
  return () => atlas.close();
}

// The map; a large one takes the server a while the first time, and it says so.
async function drawn(adult, wanted) {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await get("/api/map", { adult });
    } catch (error) {
      if (error.status !== 503 || attempt > 20 || !wanted()) throw error;
      await new Promise((resolve) => {
        setTimeout(resolve, 2000);
      });
    }
  }
}
