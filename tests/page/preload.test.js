import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const page = new URL("../../src/konomi/server/page/", import.meta.url);

// A module and all that it imports at once, as addresses on the server.
function needed(module, found = new Set()) {
  if (found.has(module.href)) return found;
  found.add(module.href);
  const source = readFileSync(module, "utf8");
  for (const [, path] of source.matchAll(/^(?:import .*|\} )from "(\.[^"]+)";$/gm))
    needed(new URL(path, module), found);
  return found;
}

const address = (href) => href.replace(page.href, "/page/");

test("the frame loads in advance every module that it and the start view need", () => {
  const first = needed(new URL("js/main.js", page));
  const modules = [...needed(new URL("js/views/start.js", page), first)].map(address);
  const html = readFileSync(new URL("index.html", page), "utf8");
  const preloaded = [...html.matchAll(/rel="modulepreload" href="([^"]+)"/g)].map(([, href]) => href);
  assert.deepEqual(preloaded.sort(), modules.sort());
});
