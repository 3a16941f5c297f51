// The frame: addresses to views, links without reloading, the language of titles.
import { announce, busy, empty, failure, fill, h } from "./dom.js";
import { language, setLanguage } from "./store.js";

const VIEWS = [
  [/^\/$/, () => import("./views/start.js")],
  [/^\/for-you$/, () => import("./views/for-you.js")],
  [/^\/like(?:\/([^/]+))?$/, () => import("./views/like.js")],
  [/^\/people(?:\/([^/]+))?$/, () => import("./views/people.js")],
  [/^\/together$/, () => import("./views/together.js")],
  [/^\/planned$/, () => import("./views/planned.js")],
  [/^\/map$/, () => import("./views/map.js")],
  [/^\/about$/, () => import("./views/about.js")],
];
const main = document.getElementById("main");
let leave = null;
let turn = 0;

// A view is { title, show(main, { id, query, setQuery }) }; what `show` returns is called on leaving.
async function render({ focus = true } = {}) {
  const mine = ++turn;
  leave?.();
  leave = null;
  busy(main);
  const { pathname, search } = location;
  const match = VIEWS.map(([pattern, load]) => [pathname.match(pattern), load]).find(([found]) => found);
  for (const link of document.querySelectorAll(".views a")) {
    const here = pathname === link.pathname || pathname.startsWith(`${link.pathname}/`);
    if (here) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
    if (here) link.parentElement.scrollLeft = link.offsetLeft - link.parentElement.offsetLeft - 24;
  }
  if (!match) {
    document.title = "Not found - konomi";
    fill(
      main,
      empty(
        "Nothing stands here",
        "The address may be old or mistyped.",
        h("a", { class: "button", href: "/" }, "Back to the start"),
        "h1",
      ),
    );
    busy(main, false);
    return;
  }
  try {
    const view = await match[1]();
    if (mine !== turn) return;
    document.title = `${view.title} - konomi`;
    const id = match[0][1] === undefined ? null : decodeURIComponent(match[0][1]);
    const context = { id, query: new URLSearchParams(search), setQuery, go };
    fill(main);
    const left = await view.show(main, context);
    if (mine === turn) leave = left ?? null;
    else left?.();
  } catch (error) {
    if (mine === turn)
      fill(
        main,
        failure(error, () => render(), "h1"),
      );
  }
  if (mine !== turn) return;
  busy(main, false);
  if (focus) {
    window.scrollTo(0, 0);
    main.focus({ preventScroll: true });
    announce(document.title.replace(" - konomi", ""));
  }
}

// The address says what is shown, so that it can be shared; the view itself redraws.
function setQuery(query) {
  const text = query.toString();
  history.replaceState(null, "", text ? `${location.pathname}?${text}` : location.pathname);
}

export function go(address) {
  history.pushState(null, "", address);
  render();
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href]");
  const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
  if (!link || !plain || link.origin !== location.origin || link.target || link.hasAttribute("download")) return;
  if (link.pathname.startsWith("/api/") || link.hash) return;
  event.preventDefault();
  go(link.pathname + link.search);
});
window.addEventListener("popstate", () => render());

const select = document.getElementById("language");
select.value = language();
select.addEventListener("change", () => {
  setLanguage(select.value);
  render({ focus: false });
});
render({ focus: false });
