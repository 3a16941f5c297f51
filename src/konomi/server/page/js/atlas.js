// Atlas: many thousand dots on a canvas, with pan, zoom, hover, click, touch and keys.

const DOT = { least: 1.6, most: 5 };
const NEAR_PIXELS = 14;

export class Atlas {
  // x, y: coordinates; hues: colour numbers 0 ... 7; size: any numbers; mine: places of your titles;
  // here: where you are, or null; name: a function from a place to a title.
  constructor(canvas, { x, y, hues, size, regions, mine, here, name }) {
    Object.assign(this, { canvas, x, y, hues, regions, here, name });
    this.mine = new Set(mine);
    const most = size.reduce((one, other) => Math.max(one, other), 1);
    this.size = size.map((one) => Math.sqrt(one / most));
    this.chosen = -1;
    this.hovered = -1;
    this.onhover = this.onopen = this.onmiddle = () => {};
    // A few islands far out must not shrink the rest to a spot.
    const span = (values) => {
      const sorted = Float64Array.from(values).sort();
      const [low, high] = [0.02, 0.98].map((share) => sorted[Math.floor(share * (sorted.length - 1))]);
      const margin = 0.12 * (high - low);
      return [Math.max(sorted[0], low - margin), Math.min(sorted.at(-1), high + margin)];
    };
    this.box = [...span(x), ...span(y)];
    this.dark = matchMedia("(prefers-color-scheme: dark)");
    this.redraw = () => this.draw();
    this.dark.addEventListener("change", this.redraw);
    this.watcher = new ResizeObserver(() => {
      this.fit();
      this.draw();
    });
    this.watcher.observe(canvas);
    this.pointers = new Map();
    for (const name of [
      "pointerdown",
      "pointermove",
      "pointerup",
      "pointercancel",
      "pointerleave",
      "wheel",
      "keydown",
      "dblclick",
    ]) {
      canvas.addEventListener(name, (event) => this[name](event), { passive: false });
    }
    this.fit();
    this.reset();
  }

  close() {
    this.watcher.disconnect();
    this.dark.removeEventListener("change", this.redraw);
  }

  fit() {
    const ratio = Math.min(devicePixelRatio || 1, 2);
    const { clientWidth: width, clientHeight: height } = this.canvas;
    this.canvas.width = width * ratio;
    this.canvas.height = height * ratio;
    this.canvas.getContext("2d").setTransform(ratio, 0, 0, ratio, 0, 0);
    Object.assign(this, { width, height });
  }

  reset() {
    const [left, right, bottom, top] = this.box;
    this.scale =
      0.92 * Math.min(this.width / Math.max(right - left, 1e-6), this.height / Math.max(top - bottom, 1e-6));
    this.least = this.scale / 2;
    this.most = this.scale * 60;
    this.middle = [(left + right) / 2, (bottom + top) / 2];
    this.whole = this.scale;
    this.draw();
  }

  screenOf({ x, y }) {
    return [
      this.width / 2 + (x - this.middle[0]) * this.scale,
      this.height / 2 - (y - this.middle[1]) * this.scale,
    ];
  }

  screen(n) {
    return this.screenOf({ x: this.x[n], y: this.y[n] });
  }

  zoom(factor, [sx, sy] = [this.width / 2, this.height / 2]) {
    const scale = Math.min(this.most, Math.max(this.least, this.scale * factor));
    const shift = 1 / this.scale - 1 / scale;
    this.middle[0] += (sx - this.width / 2) * shift;
    this.middle[1] -= (sy - this.height / 2) * shift;
    this.scale = scale;
    this.draw();
  }

  select(n) {
    this.chosen = n;
    this.middle = [this.x[n], this.y[n]];
    this.scale = Math.max(this.scale, this.whole * 5);
    this.draw();
  }

  goHere() {
    if (!this.here) return;
    this.middle = [this.here.x, this.here.y];
    this.scale = Math.max(this.scale, this.whole * 3);
    this.draw();
  }

  nearest(n, k) {
    const distance = (one) => (this.x[one] - this.x[n]) ** 2 + (this.y[one] - this.y[n]) ** 2;
    const others = [...this.x.keys()].filter((one) => one !== n);
    return others.sort((one, other) => distance(one) - distance(other)).slice(0, k);
  }

  // The dot nearest to a place on the canvas, -1 beyond a few pixels.
  at(sx, sy, within = NEAR_PIXELS) {
    let best = -1;
    let least = within ** 2;
    for (let n = 0; n < this.x.length; n += 1) {
      const [px, py] = this.screen(n);
      const distance = (px - sx) ** 2 + (py - sy) ** 2;
      if (distance < least) [best, least] = [n, distance];
    }
    return best;
  }

  draw() {
    if (this.queued || !this.width) return;
    this.queued = true;
    requestAnimationFrame(() => {
      this.queued = false;
      this.paint();
    });
  }

  paint() {
    const pen = this.canvas.getContext("2d");
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue(name).trim();
    const dark = this.dark.matches;
    pen.clearRect(0, 0, this.width, this.height);
    const grow = Math.min(2.2, (this.scale / this.whole) ** 0.35);
    const any = this.mine.size > 0;
    for (let kind = 0; kind < 8; kind += 1) {
      pen.fillStyle = lighter(colour(`--spine-${kind}`), dark ? 0.34 : 0.06);
      pen.globalAlpha = any ? 0.66 : 0.82;
      pen.beginPath();
      for (let n = 0; n < this.x.length; n += 1) {
        if (this.hues[n] !== kind || this.mine.has(n)) continue;
        const [px, py] = this.screen(n);
        if (px < -9 || py < -9 || px > this.width + 9 || py > this.height + 9) continue;
        const radius = (DOT.least + (DOT.most - DOT.least) * this.size[n]) * grow;
        pen.moveTo(px + radius, py);
        pen.arc(px, py, radius, 0, 6.2832);
      }
      pen.fill();
    }
    pen.globalAlpha = 1;
    for (const n of this.mine) this.dot(pen, n, 3.2 * grow, colour("--accent"), colour("--sheet"));
    this.paintRegions(pen, colour("--ink"), colour("--sheet"));
    this.paintNames(pen, colour("--ink"), colour("--muted"), colour("--sheet"));
    if (this.here) this.paintHere(pen, colour("--accent"), colour("--sheet"));
    for (const n of [this.chosen, this.hovered])
      if (n >= 0) this.dot(pen, n, 6, colour("--ink"), colour("--sheet"));
  }

  dot(pen, n, radius, fill, edge) {
    const [px, py] = this.screen(n);
    pen.beginPath();
    pen.arc(px, py, radius, 0, 6.2832);
    pen.fillStyle = fill;
    pen.fill();
    pen.lineWidth = 1.25;
    pen.strokeStyle = edge;
    pen.stroke();
  }

  // Titles of single dots, once there is room for them; the chosen one has its title always.
  paintNames(pen, ink, muted, sheet) {
    if (!this.name) return;
    const inside = [];
    if (this.scale > this.whole * 3.5) {
      for (let n = 0; n < this.x.length; n += 1) {
        const [px, py] = this.screen(n);
        if (px > 0 && py > 0 && px < this.width && py < this.height) inside.push(n);
      }
      inside.sort((one, other) => this.mine.has(other) - this.mine.has(one) || this.size[other] - this.size[one]);
      inside.splice(80);
    }
    pen.textAlign = "left";
    for (const n of [...(this.chosen >= 0 ? [this.chosen] : []), ...inside.filter((one) => one !== this.chosen)]) {
      const [px, py] = this.screen(n);
      const chosen = n === this.chosen;
      pen.font = `${chosen ? 650 : 450} ${chosen ? 14 : 12}px Inter, system-ui, sans-serif`;
      const full = this.name(n);
      const text = full.length > 32 && !chosen ? `${full.slice(0, 30)}…` : full;
      const box = [px + 9, py - 8, pen.measureText(text).width, 16];
      if (
        this.taken.some(
          ([x, y, w, h]) => box[0] < x + w && x < box[0] + box[2] && box[1] < y + h && y < box[1] + box[3],
        )
      )
        continue;
      this.taken.push(box);
      pen.lineWidth = 3;
      pen.strokeStyle = sheet;
      pen.strokeText(text, px + 9, py + 4);
      pen.fillStyle = chosen ? ink : muted;
      pen.fillText(text, px + 9, py + 4);
    }
  }

  paintRegions(pen, ink, sheet) {
    pen.font = "600 13px Inter, system-ui, sans-serif";
    pen.textAlign = "center";
    pen.lineJoin = "round";
    this.taken = this.here ? [[...this.screenOf(this.here).map((one, n) => one - [50, 34][n]), 100, 48]] : [];
    for (const { name, x, y } of this.regions) {
      const [sx, sy] = this.screenOf({ x, y });
      const half = pen.measureText(name).width / 2 + 6;
      const box = [sx - half, sy - 14, 2 * half, 20];
      // A name that would lie on another one waits until the map is larger.
      const covered = ([tx, ty, w, h]) =>
        box[0] < tx + w && tx < box[0] + box[2] && box[1] < ty + h && ty < box[1] + box[3];
      if (sx < half || sx > this.width - half || this.taken.some(covered)) continue;
      this.taken.push(box);
      pen.lineWidth = 4;
      pen.strokeStyle = sheet;
      pen.strokeText(name, sx, sy);
      pen.fillStyle = ink;
      pen.fillText(name, sx, sy);
    }
  }

  paintHere(pen, accent, sheet) {
    const [sx, sy] = this.screenOf(this.here);
    pen.beginPath();
    pen.arc(sx, sy, 11, 0, 6.2832);
    pen.lineWidth = 5;
    pen.strokeStyle = sheet;
    pen.stroke();
    pen.lineWidth = 2.5;
    pen.strokeStyle = accent;
    pen.stroke();
    pen.font = "650 13px Inter, system-ui, sans-serif";
    pen.textAlign = "center";
    pen.lineWidth = 4;
    pen.strokeStyle = sheet;
    pen.strokeText("You are here", sx, sy - 19);
    pen.fillStyle = accent;
    pen.fillText("You are here", sx, sy - 19);
  }

  place(event) {
    const box = this.canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  pointerdown(event) {
    this.canvas.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, this.place(event));
    this.moved = this.pointers.size > 1;
  }

  pointermove(event) {
    const now = this.place(event);
    const before = this.pointers.get(event.pointerId);
    if (!before) {
      const n = this.at(...now);
      if (n !== this.hovered) {
        this.hovered = n;
        this.draw();
      }
      this.canvas.classList.toggle("over-dot", n >= 0);
      this.onhover(n, ...now);
      return;
    }
    if (this.pointers.size === 2) {
      const [other] = [...this.pointers].filter(([id]) => id !== event.pointerId).map(([, at]) => at);
      const far = (one) => Math.hypot(one[0] - other[0], one[1] - other[1]) || 1;
      this.zoom(far(now) / far(before), other);
    } else {
      this.middle[0] -= (now[0] - before[0]) / this.scale;
      this.middle[1] += (now[1] - before[1]) / this.scale;
      if (Math.hypot(now[0] - before[0], now[1] - before[1]) > 2) this.moved = true;
      this.draw();
    }
    this.pointers.set(event.pointerId, now);
  }

  pointerup(event) {
    const tapped = this.pointers.delete(event.pointerId) && !this.moved;
    if (!tapped) return;
    const n = this.at(...this.place(event), event.pointerType === "touch" ? 22 : NEAR_PIXELS);
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
    this.zoom(Math.exp(-event.deltaY * 0.0015), this.place(event));
  }

  dblclick(event) {
    this.zoom(2, this.place(event));
  }

  keydown(event) {
    const step = 60 / this.scale;
    const moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, step], ArrowDown: [0, -step] };
    if (event.key in moves) {
      this.middle[0] += moves[event.key][0];
      this.middle[1] += moves[event.key][1];
      this.draw();
    } else if (event.key === "+" || event.key === "=") this.zoom(1.4);
    else if (event.key === "-") this.zoom(1 / 1.4);
    else if (event.key === "0") this.reset();
    else if (event.key === "Enter") {
      const n = this.at(this.width / 2, this.height / 2, Infinity);
      if (n >= 0) this.onopen(n);
    } else return;
    event.preventDefault();
    const n = this.at(this.width / 2, this.height / 2, 200);
    if (n >= 0 && event.key !== "Enter") {
      this.hovered = n;
      this.onmiddle(n);
    }
  }
}

// A colour #rrggbb moved towards white.
function lighter(colour, share) {
  const parts = [1, 3, 5].map((place) => parseInt(colour.slice(place, place + 2), 16));
  return `rgb(${parts.map((part) => Math.round(part + (255 - part) * share)).join(" ")})`;
}
