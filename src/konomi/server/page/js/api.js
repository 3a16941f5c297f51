// Questions to this server, and to no other.
import { h } from "./dom.js";

const TOKEN = "konomi.token";

export class Problem extends Error {
  constructor(status, code, message) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

async function ask(path, options = {}) {
  const headers = new Headers(options.headers);
  const token = sessionStorage.getItem(TOKEN);
  if (token) headers.set("Authorization", `Bearer ${token}`);
  let response;
  try {
    response = await fetch(path, { ...options, headers });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(
      0,
      "no_answer",
      "It may have stopped, or the connection is gone. Your list is safe in this browser.",
    );
  }
  const answer = await response.json().catch(() => null);
  if (response.ok && answer !== null) return answer;
  if (response.status === 401 && (await askForToken(token))) return ask(path, options);
  throw new Problem(
    response.status,
    answer?.code ?? "unknown",
    answer?.message ?? `The server answered ${response.status}.`,
  );
}

export function get(path, query = {}, options = {}) {
  const words = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== null && one !== undefined && one !== "" && one !== false) words.append(name, one);
    }
  }
  const text = words.toString();
  return ask(text ? `${path}?${text}` : path, options);
}

export function post(path, body, options = {}) {
  const headers = { "Content-Type": "application/json" };
  return ask(path, { ...options, method: "POST", headers, body: JSON.stringify(body) });
}

export function upload(file) {
  const headers = { "Content-Type": "application/octet-stream" };
  return ask(`/api/lists?name=${encodeURIComponent(file.name.slice(-200))}`, {
    method: "POST",
    headers,
    body: file,
  });
}

let known = null;

// What is served; asked once.
export function model() {
  known ??= get("/api/model").catch((error) => {
    known = null;
    throw error;
  });
  return known;
}

// Resolves to whether a token was given; it is kept until the tab closes. wrong: the one that was refused, if any.
function askForToken(wrong) {
  return new Promise((resolve) => {
    const input = h("input", { type: "password", id: "token", autocomplete: "off", required: true });
    const dialog = h(
      "dialog",
      { class: "token", "aria-labelledby": "token-title" },
      h(
        "form",
        { method: "dialog" },
        h("h2", { id: "token-title" }, "This server asks for a token"),
        wrong ? h("p", { class: "problem", role: "alert" }, "That token was not the right one.") : null,
        h("p", {}, "Other people's lists are personal. Whoever started the server has the token."),
        h("label", { class: "field" }, h("span", {}, "Token"), input),
        h(
          "div",
          { class: "row" },
          h("button", { class: "button first", value: "ok" }, "Go on"),
          h("button", { class: "button", value: "", formNoValidate: true }, "Not now"),
        ),
      ),
    );
    dialog.addEventListener("close", () => {
      const given = dialog.returnValue === "ok" && input.value.trim() !== "";
      if (given) sessionStorage.setItem(TOKEN, input.value.trim());
      dialog.remove();
      resolve(given);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
