// Requests to this server. The page sends none to any other.
import { askForToken } from "./token-dialog.js";

// The token is kept until the tab closes.
const TOKEN = "konomi.token";
const NO_ANSWER = "It may have stopped, or the connection is gone. Your list is safe in this browser.";
const MAX_FILE_NAME = 200;

// status: of the answer, 0 if there was none. code: the server's code of the error.
export class Problem extends Error {
  constructor(status, code, message) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

// query: an array is sent once per value; null, undefined, false and "" are left out.
export function get(path, query = {}, options = {}) {
  return ask(addressOf(path, query), options);
}

export function post(path, body, options = {}) {
  const headers = { "Content-Type": "application/json" };
  return ask(path, { ...options, method: "POST", headers, body: JSON.stringify(body) });
}

export function upload(file) {
  const headers = { "Content-Type": "application/octet-stream" };
  const name = file.name.slice(-MAX_FILE_NAME);
  return ask(`/api/lists?name=${encodeURIComponent(name)}`, { method: "POST", headers, body: file });
}

let served = null;

// What the server says about its model; asked once, and again after a failure.
export function model() {
  served ??= get("/api/model").catch((error) => {
    served = null;
    throw error;
  });
  return served;
}

export function addressOf(path, query) {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const single of [value].flat()) {
      if (![null, undefined, false, ""].includes(single)) params.append(name, single);
    }
  }
  const text = params.toString();
  return text ? `${path}?${text}` : path;
}

// Resolves to the answer. Throws an Error named "AbortError" if the request was aborted, otherwise a Problem.
async function ask(path, options = {}) {
  const token = sessionStorage.getItem(TOKEN);
  const response = await send(path, options, token);
  const answer = await response.json().catch(() => null);
  if (response.ok && answer !== null) return answer;
  if (response.status === 401) {
    const typed = await askForToken({ refused: Boolean(token) });
    if (typed !== null) {
      sessionStorage.setItem(TOKEN, typed);
      return ask(path, options);
    }
  }
  const message = answer?.message ?? `The server answered ${response.status}.`;
  throw new Problem(response.status, answer?.code ?? "unknown", message);
}

async function send(path, options, token) {
  const headers = new Headers(options.headers);
  if (token) headers.set("Authorization", `Bearer ${token}`);
  try {
    return await fetch(path, { ...options, headers });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(0, "no_answer", NO_ANSWER);
  }
}
