// Labels: which names fit on the map without covering others.

// Boxes are [left, top, width, height] in pixels.
export class FreeSpace {
  constructor(taken = []) {
    this.taken = [...taken];
  }

  // Takes a box if it is free, and says whether it was.
  take(box) {
    if (this.taken.some((other) => overlap(box, other))) return false;
    this.taken.push(box);
    return true;
  }
}

const overlap = ([left, top, width, height], [left2, top2, width2, height2]) =>
  left < left2 + width2 && left2 < left + width && top < top2 + height2 && top2 < top + height;

const LONGEST = 32;

// A title short enough for the map.
export const shortened = (text) => (text.length > LONGEST ? `${text.slice(0, LONGEST - 2)}…` : text);
