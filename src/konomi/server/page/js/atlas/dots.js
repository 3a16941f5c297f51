// Dots: the titles of the map by number, and their nearest neighbors.

// x, y: coordinates, by number. hues: colors 0 ... 7. sizes: 0 ... 1. mine: the Set of numbers on your list.
export class Dots {
  constructor({ x, y, hues, weights, mine }) {
    Object.assign(this, { x, y, hues });
    this.sizes = sizesOf(weights);
    this.mine = new Set(mine);
    this.numbers = [...x.keys()];
  }

  at(n) {
    return { x: this.x[n], y: this.y[n] };
  }

  // The k dots nearest to a dot, the nearest first.
  nearest(n, k) {
    const distance = (other) => squared(this.x[other] - this.x[n], this.y[other] - this.y[n]);
    const others = this.numbers.filter((other) => other !== n);
    return others.sort((one, other) => distance(one) - distance(other)).slice(0, k);
  }

  // The dot nearest to a point of the canvas, -1 if none is nearer than `within` pixels.
  under(camera, [px, py], within) {
    let nearest = -1;
    let least = within ** 2;
    for (const n of this.numbers) {
      const [x, y] = camera.toCanvas(this.at(n));
      const distance = squared(x - px, y - py);
      if (distance < least) [nearest, least] = [n, distance];
    }
    return nearest;
  }

  // At most k dots that are on the canvas: yours first, then the largest.
  shown(camera, k) {
    const inside = this.numbers.filter((n) => camera.shows(camera.toCanvas(this.at(n))));
    inside.sort((one, other) => this.mine.has(other) - this.mine.has(one) || this.sizes[other] - this.sizes[one]);
    return inside.slice(0, k);
  }
}

// The squared distance, which gives the same order as the distance without thousands of roots.
const squared = (dx, dy) => dx * dx + dy * dy;

// Sizes whose squares, the areas of the dots, are proportional to the weights.
function sizesOf(weights) {
  const most = weights.reduce((one, other) => Math.max(one, other), 1);
  return weights.map((weight) => Math.sqrt(weight / most));
}
