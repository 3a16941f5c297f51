import assert from "node:assert/strict";
import { test } from "node:test";
import { Camera } from "../../../src/konomi/server/page/js/atlas/camera.js";
import { Dots } from "../../../src/konomi/server/page/js/atlas/dots.js";

// Five titles on a line, at 0, 1, 3, 6 and 10; watched by 100, 25, 4, 1 and 0 users.
const line = { x: [0, 1, 3, 6, 10], y: [0, 0, 0, 0, 0], hues: [0, 0, 0, 0, 0], weights: [100, 25, 4, 1, 0] };

// A canvas of 1000 pixels that shows 0 to 10 of the line, so that a unit of it has 92 pixels.
function lineCamera() {
  const zeroToTen = Array.from({ length: 101 }, (_, n) => n / 10);
  const camera = new Camera({ x: zeroToTen, y: [0, 0] });
  camera.resize(1000, 500);
  camera.reset();
  return camera;
}

test("the area of a dot grows as the number of its users", () => {
  assert.deepEqual(new Dots({ ...line, mine: [] }).sizes, [1, 0.5, 0.2, 0.1, 0]);
});

test("dots of a map without users have size 0", () => {
  assert.deepEqual(new Dots({ ...line, weights: [0, 0, 0, 0, 0], mine: [] }).sizes, [0, 0, 0, 0, 0]);
});

test("the nearest dots come nearest first, without the dot itself", () => {
  assert.deepEqual(new Dots({ ...line, mine: [] }).nearest(2, 3), [1, 0, 3]);
});

test("a small map has fewer near dots than were asked for", () => {
  assert.deepEqual(new Dots({ ...line, mine: [] }).nearest(0, 50), [1, 2, 3, 4]);
});

test("the dot under the pointer is the nearest one", () => {
  const dots = new Dots({ ...line, mine: [] });
  const camera = lineCamera();
  // 0.2 units are 18 pixels.
  assert.equal(dots.under(camera, camera.toCanvas({ x: 3.2, y: 0 }), 20), 2);
});

test("no dot is under a pointer that is far from all", () => {
  const dots = new Dots({ ...line, mine: [] });
  const camera = lineCamera();
  assert.equal(dots.under(camera, camera.toCanvas({ x: 3.2, y: 0 }), 14), -1);
});

test("dots outside the canvas are not shown", () => {
  const camera = lineCamera();
  camera.lookAt({ x: 0, y: 0 }, { zoomed: 4 });
  assert.deepEqual(new Dots({ ...line, mine: [] }).shown(camera, 80), [0, 1]);
});

test("your titles are shown first, then the most watched", () => {
  assert.deepEqual(new Dots({ ...line, mine: [3] }).shown(lineCamera(), 3), [3, 0, 1]);
});
