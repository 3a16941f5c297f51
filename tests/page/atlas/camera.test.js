import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Camera, spanOf } from "../../../src/konomi/server/page/js/atlas/camera.js";

let camera;

const zeroToTen = Array.from({ length: 101 }, (_, n) => n / 10);

// A plane from 0 to 10 both ways on a canvas of 920 x 460 pixels: its height decides, 0.92 of it is filled.
beforeEach(() => {
  camera = new Camera({ x: zeroToTen, y: zeroToTen });
  camera.resize(920, 460);
  camera.reset();
});

const rounded = (point) => point.map((pixels) => Math.round(1000 * pixels) / 1000);

test("the span of evenly spread numbers is all of them", () => {
  assert.deepEqual(spanOf(zeroToTen), [0, 10]);
});

test("a single number far out is not in the span", () => {
  // The 2nd percentile is 0.2 and the 98th 9.8; 0.12 of the way between them is added on each side.
  const [low, high] = spanOf([...zeroToTen, 1000]);
  assert.equal(low, 0);
  assert.equal(high.toFixed(3), (9.8 + 0.12 * 9.6).toFixed(3));
});

test("the span of a single number is that number", () => {
  assert.deepEqual(spanOf([5]), [5, 5]);
});

test("the whole map is in the middle and fills the smaller side but for a margin", () => {
  assert.deepEqual(rounded(camera.toCanvas({ x: 5, y: 5 })), [460, 230]);
  assert.deepEqual(rounded(camera.toCanvas({ x: 5, y: 10 })), [460, 18.4]);
});

test("y goes up on the map and down on the canvas", () => {
  const [, low] = camera.toCanvas({ x: 5, y: 0 });
  const [, high] = camera.toCanvas({ x: 5, y: 10 });
  assert.ok(low > high, `${low} > ${high}`);
});

test("a zoom keeps what is under the pointer where it is", () => {
  const point = { x: 7, y: 2 };
  const before = camera.toCanvas(point);
  camera.zoom(3, before);
  assert.deepEqual(rounded(camera.toCanvas(point)), rounded(before));
  assert.equal(camera.zoomed, 3);
});

test("a zoom without a pointer is about the middle", () => {
  camera.zoom(2);
  assert.deepEqual(rounded(camera.toCanvas({ x: 5, y: 5 })), [460, 230]);
});

test("the map is at most 60 times the whole and at least half", () => {
  camera.zoom(1e9);
  assert.equal(Math.round(camera.zoomed), 60);
  camera.zoom(1e-9);
  assert.equal(camera.zoomed, 0.5);
});

test("a drag moves the map by as many pixels", () => {
  const before = camera.toCanvas({ x: 5, y: 5 });
  camera.drag(30, -20);
  assert.deepEqual(rounded(camera.toCanvas({ x: 5, y: 5 })), rounded([before[0] + 30, before[1] - 20]));
});

test("looking at a point puts it in the middle and comes nearer", () => {
  camera.lookAt({ x: 1, y: 9 }, { zoomed: 5 });
  assert.deepEqual(rounded(camera.toCanvas({ x: 1, y: 9 })), [460, 230]);
  assert.equal(camera.zoomed, 5);
});

test("looking at a point does not go back from nearer", () => {
  camera.zoom(20);
  camera.lookAt({ x: 1, y: 9 }, { zoomed: 5 });
  assert.equal(camera.zoomed, 20);
});

test("reset frames the whole map again", () => {
  camera.zoom(7, [10, 10]);
  camera.reset();
  assert.equal(camera.zoomed, 1);
  assert.deepEqual(rounded(camera.toCanvas({ x: 5, y: 5 })), [460, 230]);
});

test("a map whose titles are all at one place can be drawn", () => {
  const spot = new Camera({ x: [3, 3], y: [4, 4] });
  spot.resize(920, 460);
  spot.reset();
  assert.deepEqual(spot.toCanvas({ x: 3, y: 4 }), [460, 230]);
});

test("a point is shown on the canvas, and outside it within the margin", () => {
  assert.deepEqual(
    [camera.shows([919, 459]), camera.shows([921, 100]), camera.shows([921, 100], 9), camera.shows([930, 100], 9)],
    [true, false, true, false],
  );
});
