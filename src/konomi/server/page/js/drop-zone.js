// The area where a list file is dropped or chosen.
import { h } from "./dom.js";

const KINDS = "MyAnimeList export (.xml, .xml.gz), AniList JSON, or any CSV of titles and scores";

// what: "your list", say. onfile takes the file.
export function dropZone(what, onfile) {
  const accept = ".xml,.gz,.json,.csv,.txt";
  const input = h("input", { type: "file", class: "unseen", accept, "aria-label": "A list file" });
  const invitation = h("strong", {}, `Drop ${what} here, or choose a file`);
  const zone = h("label", { class: "drop" }, input, invitation, h("span", {}, KINDS));
  const take = (files) => {
    if (files[0]) onfile(files[0]);
  };
  input.addEventListener("change", () => {
    take(input.files);
    // Otherwise choosing the same file again is not a change.
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
    take(event.dataTransfer.files);
  });
  return zone;
}
