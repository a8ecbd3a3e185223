// @ts-check
// The sum behind one pixel of a result: the pixels under the window times the weights beside them. Python computes the
// same (cnn_core.kernels.filtering); here it is needed in the frame in which the pointer moves. Fixtures that Python
// writes prove the two equal: tests/components/lens_sum.test.js.

/** @import { Pair } from "../common/numbers.js" */
import { range, withMinus } from "../common/numbers.js";

const MOST_TERMS = 25; // a longer sum is not read

/**
 * @typedef {object} Pixels a picture as a canvas gives it: four bytes a pixel, row by row
 * @property {number} width
 * @property {ArrayLike<number>} data
 */

/**
 * Return the values under a window, in the order of its weights.
 * @param {Pixels} pixels
 * @param {number} channel
 * @param {Pair} at row and column of the result
 * @param {{ size: Pair, stride: number, dilation: number }} window `size`: rows and columns of its weights
 */
export function readWindow(pixels, channel, [row, column], { size: [rows, columns], stride, dilation }) {
  return range(rows * columns).map((i) => {
    const down = row * stride + Math.floor(i / columns) * dilation;
    const across = column * stride + (i % columns) * dilation;
    return pixels.data[(down * pixels.width + across) * 4 + channel];
  });
}

/**
 * Return the sum of values times weights and the bias.
 * @param {number[]} values
 * @param {number[]} weights
 * @param {number} bias
 */
export const addProducts = (values, weights, bias) =>
  weights.reduce((sum, weight, i) => sum + values[i] * weight, bias);

/**
 * Return a number with four decimals; of two that are as near, the even one, as Python's decimals do.
 * @param {number} number
 */
function roundHalfEven(number) {
  const scaled = number * 1e4;
  const below = Math.floor(scaled);
  const rest = scaled - below;
  const isHalf = Math.abs(rest - 0.5) <= Math.abs(scaled) * Number.EPSILON;
  const isUp = isHalf ? below % 2 !== 0 : rest > 0.5;
  return (isUp ? below + 1 : below) / 1e4;
}

/**
 * Return a number with as many decimals as are needed, four at most, and “≈” where that is not the whole number.
 * @param {number} number
 * @returns {[sign: string, text: string]}
 */
export function roundAmount(number) {
  const rounded = roundHalfEven(number);
  const tolerance = Math.max(1e-9, Math.abs(number) * 1e-14); // what adding floats leaves is no rounding
  return [Math.abs(rounded - number) <= tolerance ? "=" : "≈", withMinus(rounded)];
}

/**
 * Return a weight's word as a factor: a negative one, and a fraction, in brackets.
 * @param {string} word
 */
export const bracketFactor = (word) => (/^[-]|\//.test(word) ? `(${withMinus(word)})` : word);

/**
 * Write the sum of one channel.
 * @param {number[]} values
 * @param {number[]} weights
 * @param {string[]} factors the weights as they are written
 * @param {{ bias: number, relu: boolean, channels: number }} settings
 * @returns {{ text: string, result: string }} the text up to the result, and the result
 */
export function writeSum(values, weights, factors, { bias, relu, channels }) {
  const total = addProducts(values, weights, bias);
  const used = range(weights.length).filter((i) => weights[i]); // a weight of zero is left out of the written sum
  const [sign, amount] = roundAmount(total);
  const plus = bias ? ` ${bias < 0 ? "−" : "+"} ${Math.abs(bias)}` : "";
  const text =
    used.length && used.length * channels <= MOST_TERMS
      ? `${used.map((i) => `${values[i]}·${factors[i]}`).join(" + ")}${plus} ${sign} `
      : `${used.length} products${plus && ` and ${withMinus(bias)}`} ${used.length ? "add up to" : ":"} `;
  if (relu && total < 0) return { text: `${text}${amount}, below 0, so ReLU gives `, result: "0" };
  return { text, result: amount };
}
