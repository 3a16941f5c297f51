// Elements from words: h("a", { href: "/" }, "start"). Text is always text, never markup.

export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "class") element.className = value;
    else if (name in element && name !== "list" && name !== "form") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((one) => one !== null && one !== undefined && one !== false));
  return element;
}

export function fill(element, ...children) {
  element.replaceChildren(
    ...children.flat(Infinity).filter((one) => one !== null && one !== undefined && one !== false),
  );
  return element;
}

// Says that what stands in an element is about to change, to a screen reader and, dimmed, to the eye.
export function busy(element, yes = true) {
  element.setAttribute("aria-busy", String(yes));
}

let clearing = 0;

// Says something to a screen reader without moving the focus.
export function announce(text) {
  const place = document.getElementById("announcer");
  place.textContent = text;
  clearTimeout(clearing);
  clearing = setTimeout(() => {
    place.textContent = "";
  }, 4000);
}

export function debounce(milliseconds, action) {
  let timer = 0;
  return (...given) => {
    clearTimeout(timer);
    timer = setTimeout(() => action(...given), milliseconds);
  };
}

export function count(n, one, many = `${one}s`) {
  return `${n.toLocaleString("en")} ${n === 1 ? one : many}`;
}

export function notes(texts) {
  return texts.length
    ? h(
        "ul",
        { class: "notes" },
        texts.map((text) => h("li", {}, text)),
      )
    : null;
}

export function ghosts(n = 6) {
  return h(
    "div",
    { class: "cards", "aria-hidden": "true" },
    Array.from({ length: n }, () => h("div", { class: "ghost" })),
  );
}

// Where nothing else stands in the view, its heading is the view's own: `level` "h1".
export function empty(title, text, actions = null, level = "h2") {
  return h("div", { class: "empty" }, h(level, {}, title), h("p", {}, text), h("div", { class: "row" }, actions));
}

export function failure(error, retry, level = "h2") {
  const missing = error.status === 404;
  const way = missing
    ? h("a", { class: "button", href: "/" }, "Back to the start")
    : retry && h("button", { class: "button", onclick: retry }, "Try again");
  return h(
    "div",
    { class: "failure", role: "alert" },
    h(level, {}, missing ? "Not here" : error.status ? "That did not work" : "No answer from the server"),
    h("p", {}, sentence(error.message)),
    way && h("div", { class: "row" }, way),
  );
}

// The server's messages begin small, as a command line's do.
function sentence(text) {
  const whole = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(whole) ? whole : `${whole}.`;
}
