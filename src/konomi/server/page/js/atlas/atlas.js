// Atlas: thousands of dots on a canvas, with pan, zoom, hover, click, touch and keys.
import { Camera } from "./camera.js";
import { Painter } from "./painter.js";

const NEAR_PIXELS = { mouse: 14, touch: 22, middle: 200 };
const DRAG_PIXELS = 2;
const KEY_PIXELS = 60;
const KEY_ZOOM = 1.4;
const WHEEL_ZOOM = 0.0015;
const MAX_PIXEL_RATIO = 2;
// The zoom of the map when it moves to a title, and to where you are.
const TITLE_ZOOM = 5;
const HERE_ZOOM = 3;
const EVENTS = [
  "pointerdown",
  "pointermove",
  "pointerup",
  "pointercancel",
  "pointerleave",
  "wheel",
  "keydown",
  "dblclick",
];

export class Atlas {
  // dots: Dots. regions: { name, x, y }. here: where you are, or null. name: from a dot's number to its title.
  // onhover(n, x, y): the dot under the pointer, -1 for none. onopen(n): a dot was clicked.
  // onmiddle(n): the dot in the middle after a move by keys.
  constructor(canvas, { dots, regions, here, name, onhover, onopen, onmiddle }) {
    Object.assign(this, { canvas, dots, here, onhover, onopen, onmiddle });
    this.camera = new Camera(dots);
    this.painter = new Painter(canvas, { dots, regions, here, name });
    this.chosen = -1;
    this.hovered = -1;
    this.queued = false;
    // The last position of each pointer that is down, by pointer id.
    this.pointers = new Map();
    this.dark = matchMedia("(prefers-color-scheme: dark)");
    this.draw = this.draw.bind(this);
    this.dark.addEventListener("change", this.draw);
    this.watcher = new ResizeObserver(() => this.fit());
    this.watcher.observe(canvas);
    for (const name of EVENTS) canvas.addEventListener(name, (event) => this[name](event), { passive: false });
    this.fit();
    this.reset();
  }

  close() {
    this.watcher.disconnect();
    this.dark.removeEventListener("change", this.draw);
  }

  // Sets the resolution of the canvas to that of the screen.
  fit() {
    const ratio = Math.min(devicePixelRatio || 1, MAX_PIXEL_RATIO);
    const { clientWidth: width, clientHeight: height } = this.canvas;
    this.canvas.width = width * ratio;
    this.canvas.height = height * ratio;
    this.canvas.getContext("2d").setTransform(ratio, 0, 0, ratio, 0, 0);
    this.camera.resize(width, height);
    this.draw();
  }

  draw() {
    if (this.queued || !this.camera.width) return;
    this.queued = true;
    requestAnimationFrame(() => {
      this.queued = false;
      this.painter.paint(this.camera, { dark: this.dark.matches, chosen: this.chosen, hovered: this.hovered });
    });
  }

  reset() {
    this.camera.reset();
    this.draw();
  }

  zoom(factor, point) {
    this.camera.zoom(factor, point);
    this.draw();
  }

  drag(dx, dy) {
    this.camera.drag(dx, dy);
    this.draw();
  }

  select(n) {
    this.chosen = n;
    this.camera.lookAt(this.dots.at(n), { zoomed: TITLE_ZOOM });
    this.draw();
  }

  goHere() {
    if (!this.here) return;
    this.camera.lookAt(this.here, { zoomed: HERE_ZOOM });
    this.draw();
  }

  dotInMiddle(within) {
    return this.dots.under(this.camera, this.camera.center, within);
  }

  pointOf(event) {
    const box = this.canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  pointerdown(event) {
    this.canvas.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, this.pointOf(event));
    this.moved = this.pointers.size > 1;
  }

  pointermove(event) {
    const now = this.pointOf(event);
    const before = this.pointers.get(event.pointerId);
    if (!before) {
      this.hover(now);
      return;
    }
    if (this.pointers.size === 2) this.pinch(event.pointerId, before, now);
    else this.dragged(before, now);
    this.pointers.set(event.pointerId, now);
  }

  hover(point) {
    const n = this.dots.under(this.camera, point, NEAR_PIXELS.mouse);
    if (n !== this.hovered) {
      this.hovered = n;
      this.draw();
    }
    this.canvas.classList.toggle("over-dot", n >= 0);
    this.onhover(n, ...point);
  }

  pinch(id, before, now) {
    const [other] = [...this.pointers].filter(([otherId]) => otherId !== id).map(([, point]) => point);
    this.zoom(distance(now, other) / distance(before, other), other);
  }

  dragged(before, now) {
    if (distance(now, before) > DRAG_PIXELS) this.moved = true;
    this.drag(now[0] - before[0], now[1] - before[1]);
  }

  pointerup(event) {
    const tapped = this.pointers.delete(event.pointerId) && !this.moved;
    if (!tapped) return;
    const within = event.pointerType === "touch" ? NEAR_PIXELS.touch : NEAR_PIXELS.mouse;
    const n = this.dots.under(this.camera, this.pointOf(event), within);
    if (n >= 0) this.onopen(n);
  }

  pointercancel(event) {
    this.pointers.delete(event.pointerId);
  }

  pointerleave() {
    this.hovered = -1;
    this.onhover(-1);
    this.draw();
  }

  wheel(event) {
    event.preventDefault();
    this.zoom(Math.exp(-event.deltaY * WHEEL_ZOOM), this.pointOf(event));
  }

  dblclick(event) {
    this.zoom(2, this.pointOf(event));
  }

  keydown(event) {
    if (event.key === "Enter") {
      event.preventDefault();
      const n = this.dotInMiddle(Infinity);
      if (n >= 0) this.onopen(n);
      return;
    }
    const move = this.moveOf(event.key);
    if (!move) return;
    event.preventDefault();
    move();
    const n = this.dotInMiddle(NEAR_PIXELS.middle);
    if (n >= 0) {
      this.hovered = n;
      this.onmiddle(n);
    }
  }

  // The action of a key, or undefined. An arrow moves the view, so the map moves the other way.
  moveOf(key) {
    return {
      ArrowLeft: () => this.drag(KEY_PIXELS, 0),
      ArrowRight: () => this.drag(-KEY_PIXELS, 0),
      ArrowUp: () => this.drag(0, KEY_PIXELS),
      ArrowDown: () => this.drag(0, -KEY_PIXELS),
      "+": () => this.zoom(KEY_ZOOM),
      "=": () => this.zoom(KEY_ZOOM),
      "-": () => this.zoom(1 / KEY_ZOOM),
      0: () => this.reset(),
    }[key];
  }
}

// In pixels; never 0, because it is a divisor.
const distance = (one, other) => Math.hypot(one[0] - other[0], one[1] - other[1]) || 1;
