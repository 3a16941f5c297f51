// The dialog that asks for the token of a server that requires one.
import { h } from "./dom.js";

// Resolves to the typed token, or to null. refused: whether an earlier token was wrong.
export function askForToken({ refused }) {
  return new Promise((resolve) => {
    const input = h("input", { type: "password", id: "token", autocomplete: "off", required: true });
    const dialog = h("dialog", { class: "token", "aria-labelledby": "token-title" }, tokenForm(input, refused));
    dialog.addEventListener("close", () => {
      const typed = dialog.returnValue === "ok" ? input.value.trim() : "";
      dialog.remove();
      resolve(typed || null);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

function tokenForm(input, refused) {
  const problem = h("p", { class: "problem", role: "alert" }, "That token was not the right one.");
  const goOn = h("button", { class: "button first", value: "ok" }, "Go on");
  const notNow = h("button", { class: "button", value: "", formNoValidate: true }, "Not now");
  return h(
    "form",
    { method: "dialog" },
    h("h2", { id: "token-title" }, "This server asks for a token"),
    refused ? problem : null,
    h("p", {}, "Other people's lists are personal. Whoever started the server has the token."),
    h("label", { class: "field" }, h("span", {}, "Token"), input),
    h("div", { class: "row" }, goOn, notNow),
  );
}
