// The frame of the page: it shows the view of an address, follows links without reloading, and sets the language.
import { announce, busy, fill } from "./dom.js";
import { empty, failure, linkBack } from "./parts.js";
import { leadsHere, opensView, routeOf } from "./routes.js";
import { language, setLanguage } from "./store.js";

const main = document.getElementById("main");
let leave = null;
let turn = 0;

// A view is { title, show(main, { id, query, setQuery, go }) }; the function that `show` resolves to is called when the view is left.
async function render({ focus = true } = {}) {
  turn += 1;
  const mine = turn;
  leave?.();
  leave = null;
  busy(main);
  markNavigation();
  const route = routeOf(location.pathname);
  if (!route) {
    document.title = "Not found - konomi";
    fill(main, empty("There is nothing here", "The address may be old or mistyped.", linkBack(), "h1"));
    busy(main, false);
    return;
  }
  try {
    await show(route, mine);
  } catch (error) {
    if (mine === turn)
      fill(
        main,
        failure(error, () => render(), "h1"),
      );
  }
  if (mine !== turn) return;
  busy(main, false);
  if (focus) arrive();
}

// mine: the turn of this call. If it is not the current one, another view is shown by now.
async function show(route, mine) {
  const context = { query: new URLSearchParams(location.search), setQuery, go };
  const view = await route.load();
  if (mine !== turn) return;
  document.title = `${view.title} - konomi`;
  const id = route.id === null ? null : decodeURIComponent(route.id);
  fill(main);
  const left = await view.show(main, { ...context, id });
  if (mine === turn) leave = left ?? null;
  else left?.();
}

function markNavigation() {
  for (const link of document.querySelectorAll(".views a")) {
    if (leadsHere(link.pathname, location.pathname)) {
      link.setAttribute("aria-current", "page");
      link.parentElement.scrollLeft = link.offsetLeft - link.parentElement.offsetLeft - 24;
    } else {
      link.removeAttribute("aria-current");
    }
  }
}

function arrive() {
  window.scrollTo(0, 0);
  main.focus({ preventScroll: true });
  announce(document.title.replace(" - konomi", ""));
}

// Changes the address, so that it can be shared. The view redraws itself.
function setQuery(query) {
  const text = query.toString();
  history.replaceState(null, "", text ? `${location.pathname}?${text}` : location.pathname);
}

function go(address) {
  history.pushState(null, "", address);
  render();
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href]");
  if (!link || !opensView(event, link, location.origin)) return;
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
