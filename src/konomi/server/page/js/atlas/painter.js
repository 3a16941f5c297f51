// Painter: draws the map on a canvas.
import { FreeSpace, shortened } from "./labels.js";

const N_HUES = 8;
const RADIUS = { least: 1.6, most: 5, mine: 3.2, pointed: 6, here: 11 };
// Dots grow much less than the map.
const GROWTH = { power: 0.35, most: 2.2 };
const EDGE_PIXELS = 9;
const NAMES = { fromZoom: 3.5, most: 80 };
// The space kept free for the ring and its text.
const HERE_BOX = { left: 50, above: 34, width: 100, height: 48 };
const HERE_TEXT = "You are here";
const FULL_CIRCLE = 2 * Math.PI;

const font = (weight, pixels) => `${weight} ${pixels}px Inter, system-ui, sans-serif`;

export class Painter {
  // dots: Dots. regions: { name, x, y }. here: where you are, or null. name: from a number to a title.
  constructor(canvas, { dots, regions, here, name }) {
    Object.assign(this, { canvas, dots, regions, here, name });
    this.pen = canvas.getContext("2d");
  }

  // chosen, hovered: numbers of dots, -1 for none.
  paint(camera, { dark, chosen, hovered }) {
    this.camera = camera;
    this.colors = colorsOfStyle();
    this.growth = Math.min(GROWTH.most, camera.zoomed ** GROWTH.power);
    this.pen.clearRect(0, 0, camera.width, camera.height);
    for (let hue = 0; hue < N_HUES; hue += 1) this.paintHue(hue, dark);
    this.pen.globalAlpha = 1;
    for (const n of this.dots.mine) this.paintDot(n, RADIUS.mine * this.growth, this.colors.accent);
    this.space = new FreeSpace(this.here ? [this.hereBox()] : []);
    for (const region of this.regions) this.paintRegion(region);
    this.paintNames(chosen);
    if (this.here) this.paintHere();
    for (const n of [chosen, hovered]) if (n >= 0) this.paintDot(n, RADIUS.pointed, this.colors.ink);
  }

  // All dots of one color in one stroke, except yours.
  paintHue(hue, dark) {
    const { pen, camera, dots } = this;
    pen.fillStyle = lighter(this.colors.spines[hue], dark ? 0.34 : 0.06);
    pen.globalAlpha = dots.mine.size ? 0.66 : 0.82;
    pen.beginPath();
    for (const n of dots.numbers) {
      if (dots.hues[n] !== hue || dots.mine.has(n)) continue;
      const [x, y] = camera.toCanvas(dots.at(n));
      if (!camera.shows([x, y], EDGE_PIXELS)) continue;
      const radius = (RADIUS.least + (RADIUS.most - RADIUS.least) * dots.sizes[n]) * this.growth;
      pen.moveTo(x + radius, y);
      pen.arc(x, y, radius, 0, FULL_CIRCLE);
    }
    pen.fill();
  }

  paintDot(n, radius, color) {
    const { pen } = this;
    pen.beginPath();
    pen.arc(...this.camera.toCanvas(this.dots.at(n)), radius, 0, FULL_CIRCLE);
    pen.fillStyle = color;
    pen.fill();
    this.stroke(1.25, this.colors.sheet);
  }

  paintRegion({ name, x, y }) {
    const [px, py] = this.camera.toCanvas({ x, y });
    this.pen.font = font(600, 13);
    const half = this.pen.measureText(name).width / 2 + 6;
    const onCanvas = px >= half && px <= this.camera.width - half;
    // A name that would cover another one waits until the map is larger.
    if (!onCanvas || !this.space.take([px - half, py - 14, 2 * half, 20])) return;
    this.write(name, [px, py], { align: "center", color: this.colors.ink, halo: 4 });
  }

  // The chosen dot has its whole title, other dots a short one from a certain zoom on, each if there is room.
  paintNames(chosen) {
    const shown = this.camera.zoomed > NAMES.fromZoom ? this.dots.shown(this.camera, NAMES.most) : [];
    if (chosen >= 0) this.paintName(chosen, this.name(chosen), font(650, 14), this.colors.ink);
    for (const n of shown) {
      if (n !== chosen) this.paintName(n, shortened(this.name(n)), font(450, 12), this.colors.muted);
    }
  }

  paintName(n, text, style, color) {
    const [x, y] = this.camera.toCanvas(this.dots.at(n));
    this.pen.font = style;
    if (!this.space.take([x + 9, y - 8, this.pen.measureText(text).width, 16])) return;
    this.write(text, [x + 9, y + 4], { align: "left", color, halo: 3 });
  }

  hereBox() {
    const [x, y] = this.camera.toCanvas(this.here);
    return [x - HERE_BOX.left, y - HERE_BOX.above, HERE_BOX.width, HERE_BOX.height];
  }

  paintHere() {
    const { pen, colors } = this;
    const [x, y] = this.camera.toCanvas(this.here);
    pen.beginPath();
    pen.arc(x, y, RADIUS.here, 0, FULL_CIRCLE);
    this.stroke(5, colors.sheet);
    this.stroke(2.5, colors.accent);
    pen.font = font(650, 13);
    this.write(HERE_TEXT, [x, y - 19], { align: "center", color: colors.accent, halo: 4 });
  }

  stroke(width, color) {
    this.pen.lineWidth = width;
    this.pen.strokeStyle = color;
    this.pen.stroke();
  }

  // Text with a halo, so that it can be read on dots.
  write(text, [x, y], { align, color, halo }) {
    const { pen } = this;
    pen.textAlign = align;
    pen.lineJoin = "round";
    pen.lineWidth = halo;
    pen.strokeStyle = this.colors.sheet;
    pen.strokeText(text, x, y);
    pen.fillStyle = color;
    pen.fillText(text, x, y);
  }
}

// The page's colors in the current theme.
function colorsOfStyle() {
  const style = getComputedStyle(document.documentElement);
  const color = (name) => style.getPropertyValue(`--${name}`).trim();
  const spines = Array.from({ length: N_HUES }, (_, hue) => color(`spine-${hue}`));
  return { spines, accent: color("accent"), sheet: color("sheet"), ink: color("ink"), muted: color("muted") };
}

// A color #rrggbb moved towards white by a share of the way.
export function lighter(color, share) {
  const parts = [1, 3, 5].map((start) => Number.parseInt(color.slice(start, start + 2), 16));
  return `rgb(${parts.map((part) => Math.round(part + (255 - part) * share)).join(" ")})`;
}
