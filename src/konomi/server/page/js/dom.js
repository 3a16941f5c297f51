// Elements: h("a", { href: "/" }, "Start") is a link. Text is always text, never markup.

// Elements have read-only properties of these names, so they are set as attributes.
const ATTRIBUTES = new Set(["list", "form"]);

// props: "onclick" and the like are listeners, "class" is the class, the rest are properties or attributes.
// Props and children that are null, undefined or false are left out; arrays of children are flattened.
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) if (!isNothing(value)) set(element, name, value);
  return fill(element, ...children);
}

function set(element, name, value) {
  if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
  else if (name === "class") element.className = value;
  else if (name in element && !ATTRIBUTES.has(name)) element[name] = value;
  else element.setAttribute(name, value === true ? "" : value);
}

// Replaces the children of an element; returns the element.
export function fill(element, ...children) {
  element.replaceChildren(...children.flat(Infinity).filter((child) => !isNothing(child)));
  return element;
}

// Tells a screen reader that an element is about to change; the style dims it.
export function busy(element, yes = true) {
  element.setAttribute("aria-busy", String(yes));
}

const ANNOUNCED_MS = 4000;
let clearing = 0;

// Announces a text to screen readers without moving the focus.
export function announce(text) {
  const announcer = document.getElementById("announcer");
  announcer.textContent = text;
  clearTimeout(clearing);
  clearing = setTimeout(() => {
    announcer.textContent = "";
  }, ANNOUNCED_MS);
}

// A function that acts once, with the latest arguments, after a pause in its calls.
export function debounce(milliseconds, action) {
  let timer = 0;
  return (...given) => {
    clearTimeout(timer);
    timer = setTimeout(() => action(...given), milliseconds);
  };
}

const isNothing = (value) => value === null || value === undefined || value === false;
