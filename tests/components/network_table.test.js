// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { placeBoxes } from "../../pages/components/network_table/diagram.js";
import { actionOf, normaliseAnswer } from "../../pages/components/network_table/network_table.js";

test("answers are the same in any way of writing them", () => {
  assert.equal(normaliseAnswer("2,432"), normaliseAnswer("2432"));
  assert.equal(normaliseAnswer("3 x 8 × 8"), normaliseAnswer("3×8×8"));
  assert.notEqual(normaliseAnswer("3×8×8"), normaliseAnswer("3×88"));
});

test("keys move, remove and double a layer", () => {
  assert.equal(actionOf({ key: "ArrowUp", altKey: true }), "up");
  assert.equal(actionOf({ key: "ArrowDown", altKey: true }), "down");
  assert.equal(actionOf({ key: "Delete", altKey: false }), "delete");
  assert.equal(actionOf({ key: "D", altKey: false }), "duplicate");
  assert.equal(actionOf({ key: "ArrowUp", altKey: false }), null);
});

test("boxes follow each other without overlap and fit where there is room", () => {
  const box = { name: "", role: "conv", shape: "", path: "" };
  const boxes = [32, 16, 8].map((height, i) => ({ ...box, height, depth: 16 * 2 ** i }));
  const { places, end } = placeBoxes(boxes, 600);
  places.slice(1).forEach(({ x }, i) => assert.ok(x > places[i].x + places[i].width + places[i].slant));
  assert.ok(end <= 600);
  assert.ok(places[0].height > places[1].height);
});
