// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { strongestPixel } from "../../pages/components/glance/columns.js";
import { boxIn, padRow, stepPixel } from "../../pages/components/glance/unfold.js";

test("the strongest pixel lies farthest from 0, and is a number", () => {
  assert.deepEqual(strongestPixel(Uint8Array.of(128, 140, 0, 100, 130, 128), 3), [1, 0]);
  assert.deepEqual(strongestPixel(Uint8Array.of(0, 128, 129, 0), 2), [1, 0]);
});

test("arrows walk over a map and stop at its edges, beginning at its first pixel", () => {
  assert.deepEqual(stepPixel(null, [1, 0], [4, 4]), [0, 0]);
  assert.deepEqual(stepPixel([1, 1], [1, 0], [4, 4]), [2, 1]);
  assert.deepEqual(stepPixel([0, 3], [-1, 0], [4, 4]), [0, 3]);
  assert.deepEqual(stepPixel([0, 3], [0, 1], [4, 4]), [0, 3]);
});

test("the first and the last cell of a row stand at its ends", () => {
  assert.deepEqual(padRow(["bias", "1"], 4), ["bias", "", "", "1"]);
  assert.deepEqual(padRow(["bias", "1"], 2), ["bias", "1"]);
});

test("a pixel is itself in a product and a result, and has no place in a kernel or before a flatten", () => {
  const same = { rule: { kind: /** @type {const} */ ("same"), numbers: [] }, windows: null };
  assert.deepEqual(boxIn("product", same, [2, 3]), [2, 3, 3, 4]);
  assert.deepEqual(boxIn("output", same, [2, 3]), [2, 3, 3, 4]);
  assert.deepEqual(boxIn("input", same, [2, 3]), [2, 3, 3, 4]);
  assert.equal(boxIn("kernel", same, [2, 3]), null);
  assert.equal(boxIn("input", { rule: { kind: "flatten", numbers: [4, 4] }, windows: null }, [2, 3]), null);
});
