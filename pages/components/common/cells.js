// @ts-check
// What is typed, pasted and shown in cells; shared by the matrix editor, the player, the glance and the lens.

// A fraction of whole numbers or a decimal: the rule of cnn_core.matrices.text, which fixtures hold this to.
const NUMBER = /^[-+]?(\d+\/\d*[1-9]\d*|(\d+\.?\d*|\.\d+)(e[-+]?\d+)?)$/i;
const MAX_MAGNITUDE = 1e6; // the largest number that Python takes into a matrix

/**
 * Return a number as people write it: −0.5, 1/9, 2,5; NaN for anything else.
 * @param {string} text
 */
export function readNumber(text) {
  const word = text.replace(/\s/g, "").replace("−", "-").replace(",", ".");
  if (!NUMBER.test(word)) return NaN;
  const [top, bottom] = word.split("/").map(Number);
  return bottom ? top / bottom : top;
}

/**
 * Return the number in a cell of a matrix; NaN for one that Python refuses.
 * @param {string} text
 */
export function readCell(text) {
  const number = readNumber(text);
  return Math.abs(number) <= MAX_MAGNITUDE ? number : NaN;
}

/**
 * Return the words of a block from a spreadsheet or a text, row by row.
 * @param {string} text
 * @returns {string[][]}
 */
export function readBlock(text) {
  const lines = text
    .trim()
    .replace(/[[\]()]+/g, "\n")
    .split(/[;\n\r]+/);
  return lines
    .map((line) =>
      line
        .trim()
        .split(/[\s,]+/)
        .filter(Boolean),
    )
    .filter((row) => row.length);
}

/**
 * Return a number's text with as many digits as fit a cell of so many letters: −0.0183 as −.018.
 * @param {string} text
 * @param {number} letters
 */
export function shortenNumber(text, letters) {
  const number = readNumber(text);
  if (text.length <= letters || Number.isNaN(number)) return text;
  /** @param {string} word */
  const drop = (word) => String(Number(word)).replace("0.", ".");
  const candidates = [4, 3, 2, 1].map((digits) => drop(number.toPrecision(digits)));
  return candidates.find((word) => word.length <= letters) ?? drop(number.toFixed(2));
}

/**
 * Return how many letters a cell has room for in a grid of so many columns.
 * @param {number} columns
 */
export function lettersPerCell(columns) {
  if (columns > 9) return 4;
  return columns > 3 ? 5 : 6;
}

/**
 * Return how strongly a weight tints its cell, as a percentage; the root lets small weights be seen beside large ones.
 * @param {number} weight
 * @param {number} largest
 */
export const tintStrength = (weight, largest) => `${Math.round(Math.sqrt(Math.abs(weight) / largest) * 40)}%`;
