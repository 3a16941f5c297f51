// Routes: which view an address shows, and which links lead to a view.

const ROUTES = [
  [/^\/$/, () => import("./views/start.js")],
  [/^\/for-you$/, () => import("./views/for-you.js")],
  [/^\/like(?:\/([^/]+))?$/, () => import("./views/like.js")],
  [/^\/people(?:\/([^/]+))?$/, () => import("./views/people.js")],
  [/^\/together$/, () => import("./views/together.js")],
  [/^\/planned$/, () => import("./views/planned.js")],
  [/^\/map$/, () => import("./views/map.js")],
  [/^\/about$/, () => import("./views/about.js")],
];

// load: resolves to the view. id: what follows its name, still encoded, or null. Null for an unknown address.
export function routeOf(pathname) {
  for (const [pattern, load] of ROUTES) {
    const match = pathname.match(pattern);
    if (match) return { load, id: match[1] ?? null };
  }
  return null;
}

// Whether a link's path is the address, or the address is below it.
export const leadsHere = (path, pathname) => pathname === path || pathname.startsWith(`${path}/`);

// Whether a click on a link shows a view of this page. Other clicks are left to the browser.
export function opensView(click, link, origin) {
  const plain = click.button === 0 && !click.metaKey && !click.ctrlKey && !click.shiftKey && !click.altKey;
  const inThisTab = !link.target && !link.hasAttribute("download");
  return plain && inThisTab && link.origin === origin && !link.pathname.startsWith("/api/") && !link.hash;
}
