// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { addProducts, bracketFactor, readWindow, roundAmount, writeSum } from "../../pages/components/lens/sum.js";
import { readFixture } from "./helpers.js";

const { cases, rounded } = readFixture("lens_sum");

/**
 * Return a picture as a canvas gives it.
 * @param {number[][][]} rows red, green and blue of each pixel
 */
const asPixels = (rows) => ({ width: rows[0].length, data: rows.flat().flatMap((pixel) => [...pixel, 255]) });

/** @type {any[]} */ (cases).forEach((filter, number) => {
  test(`filter ${number}: every sum is the result that Python computes`, () => {
    const { weights, bias, relu, result, channels } = filter;
    const pixels = asPixels(filter.pixels);
    const window = { ...filter, size: [weights.length, weights[0].length] };
    result.forEach((/** @type {number[][]} */ line, /** @type {number} */ row) =>
      line.forEach((values, column) => {
        for (let channel = 0; channel < channels; channel++) {
          const read = readWindow(pixels, channel, [row, column], window);
          const total = addProducts(read, weights.flat(), bias);
          const shown = relu ? Math.max(0, total) : total;
          // Python computes in 32 bits, which hold seven digits
          assert.ok(Math.abs(shown - values[channel]) <= 1e-6 * 255 * weights.flat().length, `${row} ${column}`);
        }
      }),
    );
  });
});

for (const [number, isRounded, text] of rounded) {
  test(`${number} is rounded as Python rounds it`, () => {
    assert.deepEqual(roundAmount(number), [isRounded ? "≈" : "=", text]);
  });
}

const plain = { bias: 0, relu: false, channels: 1 };

test("a sum is written with its factors, without weights of zero", () => {
  const sum = writeSum([10, 20, 30], [0.5, 0, -1], ["0.5", "0", bracketFactor("-1")], plain);
  assert.deepEqual(sum, { text: "10·0.5 + 30·(−1) = ", result: "−25" });
});

test("a bias and a ReLU are said", () => {
  const sum = writeSum([10], [-3], ["(−3)"], { bias: 2, relu: true, channels: 1 });
  assert.deepEqual(sum, { text: "10·(−3) + 2 = −28, below 0, so ReLU gives ", result: "0" });
  assert.equal(writeSum([10], [3], ["3"], { bias: -2, relu: true, channels: 1 }).text, "10·3 − 2 = ");
});

test("a sum that is too long to read is counted, and one of nothing says so", () => {
  const ones = Array(26).fill(1);
  assert.deepEqual(writeSum(ones, ones, ones.map(String), plain), { text: "26 products add up to ", result: "26" });
  assert.deepEqual(writeSum([5], [0], ["0"], { ...plain, bias: 3 }), { text: "0 products and 3 : ", result: "3" });
  const nine = Array(9).fill(1);
  assert.match(writeSum(nine, nine, nine.map(String), { ...plain, channels: 3 }).text, /^9 products/);
});

test("fractions and negative weights stand in brackets", () => {
  assert.deepEqual(["-1", "1/9", "2.5"].map(bracketFactor), ["(−1)", "(1/9)", "2.5"]);
});
