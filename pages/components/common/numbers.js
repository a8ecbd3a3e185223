// @ts-check
// Small helpers for numbers and their texts.

/** @typedef {[number, number]} Pair rows, then columns */

/**
 * Return 0, 1, … count − 1.
 * @param {number} count
 * @returns {number[]}
 */
export const range = (count) => Array.from({ length: count }, (_, index) => index);

/**
 * Return the value, or the nearest end of low … high.
 * @param {number} value
 * @param {number} low
 * @param {number} high
 */
export const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

/**
 * Return a number as text with a true minus sign.
 * @param {number | string} number
 */
export const withMinus = (number) => String(number).replace("-", "−");
