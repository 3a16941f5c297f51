// Camera: the part of the plane that is on the canvas, and its scale.

// The share of dots left out at each end when the whole map is framed, and the margin around the others.
const OUTSIDE = 0.02;
const MARGIN = 0.12;
const FILLED = 0.92;
// The limits of the zoom, as multiples of the scale that shows the whole map.
const LEAST_ZOOM = 0.5;
const MOST_ZOOM = 60;

// The range of some numbers without the outliers, which would shrink the others to a spot.
export function spanOf(values) {
  const sorted = Float64Array.from(values).sort();
  const at = (share) => sorted[Math.floor(share * (sorted.length - 1))];
  const [low, high] = [at(OUTSIDE), at(1 - OUTSIDE)];
  const margin = MARGIN * (high - low);
  return [Math.max(sorted[0], low - margin), Math.min(sorted.at(-1), high + margin)];
}

// Points of the plane are { x, y } with y upwards; points of the canvas are [x, y] in pixels with y downwards.
export class Camera {
  constructor({ x, y }) {
    this.horizontal = spanOf(x);
    this.vertical = spanOf(y);
    this.width = 0;
    this.height = 0;
  }

  resize(width, height) {
    this.width = width;
    this.height = height;
  }

  // Frames the whole map.
  reset() {
    const [left, right] = this.horizontal;
    const [bottom, top] = this.vertical;
    const widest = this.width / Math.max(right - left, 1e-6);
    const highest = this.height / Math.max(top - bottom, 1e-6);
    this.whole = FILLED * Math.min(widest, highest);
    this.scale = this.whole;
    this.middle = { x: (left + right) / 2, y: (bottom + top) / 2 };
  }

  // The scale as a multiple of that of the whole map.
  get zoomed() {
    return this.scale / this.whole;
  }

  get center() {
    return [this.width / 2, this.height / 2];
  }

  toCanvas({ x, y }) {
    const { middle, scale } = this;
    return [this.width / 2 + (x - middle.x) * scale, this.height / 2 - (y - middle.y) * scale];
  }

  // Zooms around a point of the canvas.
  zoom(factor, [px, py] = this.center) {
    const [cx, cy] = this.center;
    const scale = Math.min(this.whole * MOST_ZOOM, Math.max(this.whole * LEAST_ZOOM, this.scale * factor));
    const shift = 1 / this.scale - 1 / scale;
    this.middle = { x: this.middle.x + (px - cx) * shift, y: this.middle.y - (py - cy) * shift };
    this.scale = scale;
  }

  // Moves the map by pixels, as a drag does.
  drag(dx, dy) {
    this.middle = { x: this.middle.x - dx / this.scale, y: this.middle.y + dy / this.scale };
  }

  // Moves a point to the middle, at a zoom of at least `zoomed`.
  lookAt({ x, y }, { zoomed }) {
    this.middle = { x, y };
    this.scale = Math.max(this.scale, this.whole * zoomed);
  }

  // Whether a point of the canvas is on it, or at most `margin` pixels outside.
  shows([px, py], margin = 0) {
    return px > -margin && py > -margin && px < this.width + margin && py < this.height + margin;
  }
}
