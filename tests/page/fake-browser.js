// The little of a browser that the page's modules need in these tests.

// Sets a global for the tests of a file, which have a process of their own.
export function setGlobal(name, value) {
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
}

// Timers that run when the test says that time passes. Node's own mock of them differs between its versions.
export class FakeClock {
  #now = 0;
  #made = 0;
  #timers = new Map();

  constructor() {
    setGlobal("setTimeout", (action, milliseconds) => {
      this.#made += 1;
      this.#timers.set(this.#made, { action, due: this.#now + milliseconds });
      return this.#made;
    });
    setGlobal("clearTimeout", (timer) => this.#timers.delete(timer));
  }

  pass(milliseconds) {
    this.#now += milliseconds;
    for (const [timer, { action, due }] of this.#timers) {
      if (due > this.#now) continue;
      this.#timers.delete(timer);
      action();
    }
  }
}

export class FakeStorage {
  #items = new Map();

  getItem(name) {
    return this.#items.get(name) ?? null;
  }

  setItem(name, value) {
    this.#items.set(name, String(value));
  }
}

// Properties that elements of a kind have besides those of all elements.
const PROPERTIES = {
  a: { href: "" },
  button: { type: "submit", value: "" },
  dialog: { returnValue: "" },
  input: { type: "text", value: "", placeholder: "", autocomplete: "", maxLength: -1, required: false },
  label: { htmlFor: "" },
};

export class FakeElement {
  constructor(tag) {
    Object.assign(this, { tag, id: "", title: "", className: "", hidden: false, ...PROPERTIES[tag] });
    this.childNodes = [];
    this.attributes = {};
    this.listeners = [];
  }

  // Read-only in browsers too: setting it throws.
  get list() {
    return null;
  }

  get children() {
    return this.childNodes.filter((node) => node instanceof FakeElement);
  }

  get textContent() {
    return this.childNodes.map((node) => node.textContent ?? String(node)).join("");
  }

  set textContent(text) {
    this.childNodes = [text];
  }

  append(...nodes) {
    for (const node of nodes) if (node instanceof FakeElement) node.parent = this;
    this.childNodes.push(...nodes);
  }

  replaceChildren(...nodes) {
    this.childNodes = [];
    this.append(...nodes);
  }

  remove() {
    this.parent.childNodes = this.parent.childNodes.filter((node) => node !== this);
  }

  setAttribute(name, value) {
    this.attributes[name] = String(value);
  }

  getAttribute(name) {
    return this.attributes[name] ?? null;
  }

  removeAttribute(name) {
    delete this.attributes[name];
  }

  addEventListener(type, listener) {
    this.listeners.push([type, listener]);
  }

  // Calls the listeners of an event, as the browser does when it happens.
  happens(type, event = {}) {
    const whole = { target: this, preventDefault() {}, ...event };
    for (const [heard, listener] of this.listeners) if (heard === type) listener(whole);
  }

  // The first element below this one that a test is true of.
  find(test) {
    for (const child of this.children) {
      const found = test(child) ? child : child.find(test);
      if (found) return found;
    }
    return null;
  }

  scrollIntoView() {}

  showModal() {}
}

export class FakeDocument {
  body = new FakeElement("body");

  createElement(tag) {
    return new FakeElement(tag);
  }

  getElementById(id) {
    return this.body.find((element) => element.id === id);
  }
}

// A response of the server, as `fetch` resolves to it. body: a value that is sent as JSON, or text that is not JSON.
export function response(body, status = 200) {
  return new Response(typeof body === "string" ? body : JSON.stringify(body), { status });
}
