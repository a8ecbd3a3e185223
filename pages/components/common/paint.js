// @ts-check
// Bytes to colours. A byte b stands for (b − 128) / 127 of its map's scale; 0 for what is no number.

/** @import { Pair } from "./numbers.js" */
/** @typedef {[number, number, number, number]} Box rows top … bottom, columns left … right, each one past its end */
import { decodeBytes } from "./bytes.js";
import { contextOf } from "./canvas.js";
import { clamp, withMinus } from "./numbers.js";

export const BYTE_STEPS = 127;
const ZERO = 128; // the byte of the value 0
const LIGHT = 140; // a colour that is brighter, of 255, is read better under black
const CHEQUERED = [150, 90]; // greys of a pixel that holds no number: a pattern that no value has

/**
 * Return the share of its map's scale that a byte stands for; 0 for what is no number.
 * @param {number} byte
 */
export const shareOf = (byte) => (byte ? (byte - ZERO) / BYTE_STEPS : 0);

/**
 * Draw the rows × columns bytes that begin at `offset`.
 * @param {HTMLCanvasElement} canvas
 * @param {Uint8Array} bytes
 * @param {number} offset
 * @param {Pair} size rows and columns
 * @param {number} share the map's scale as a share of the one that it is drawn on
 * @param {Uint8Array} palette red, green and blue of every byte, from the most negative value on
 */
export function paintBytes(canvas, bytes, offset, [rows, columns], share, palette) {
  if (canvas.width !== columns || canvas.height !== rows) [canvas.width, canvas.height] = [columns, rows];
  const context = contextOf(canvas);
  const picture = context.createImageData(columns, rows);
  const { data } = picture;
  for (let i = 0; i < rows * columns; i++) {
    const byte = bytes[offset + i];
    if (byte === 0) {
      data.fill(CHEQUERED[(Math.floor(i / columns) + i) % 2], i * 4, i * 4 + 3);
    } else {
      const at = (Math.round((byte - ZERO) * share) + BYTE_STEPS) * 3;
      data[i * 4] = palette[at];
      data[i * 4 + 1] = palette[at + 1];
      data[i * 4 + 2] = palette[at + 2];
    }
    data[i * 4 + 3] = 255;
  }
  context.putImageData(picture, 0, 0);
}

/**
 * Draw a picture whose pixels are red, green and blue bytes as base64.
 * @param {HTMLCanvasElement} canvas
 * @param {string} text
 * @param {Pair} size rows and columns
 */
export function paintPicture(canvas, text, [rows, columns]) {
  const bytes = decodeBytes(text);
  [canvas.width, canvas.height] = [columns, rows];
  const context = contextOf(canvas);
  const picture = context.createImageData(columns, rows);
  for (let i = 0; i < rows * columns; i++) {
    picture.data.set(bytes.subarray(i * 3, i * 3 + 3), i * 4);
    picture.data[i * 4 + 3] = 255;
  }
  context.putImageData(picture, 0, 0);
}

/**
 * Return red, green and blue of a share of the scale, from −1 to 1.
 * @param {number} share
 * @param {Uint8Array} palette
 */
function lookUpColour(share, palette) {
  const at = (Math.round(clamp(share, -1, 1) * BYTE_STEPS) + BYTE_STEPS) * 3;
  return [palette[at], palette[at + 1], palette[at + 2]];
}

/**
 * Return the CSS colour of a share of the scale, from −1 to 1.
 * @param {number} share
 * @param {Uint8Array} palette
 */
export const colourOf = (share, palette) => `rgb(${lookUpColour(share, palette).join(",")})`;

/**
 * Return black or white, whichever is read better on the colour of a share.
 * @param {number} share
 * @param {Uint8Array} palette
 */
export function inkOn(share, palette) {
  const [red, green, blue] = lookUpColour(share, palette);
  return 0.299 * red + 0.587 * green + 0.114 * blue > LIGHT ? "#000" : "#fff"; // brightness as television weighs it
}

/**
 * Return a byte's value in words, with no more digits than the byte is sure of.
 * @param {number} byte
 * @param {number} limit the largest magnitude of the map
 */
export function describeByte(byte, limit) {
  if (byte === 0) return "not a number";
  const digits = clamp(Math.floor(-Math.log10(limit / BYTE_STEPS)), 0, 8);
  return `≈ ${withMinus((shareOf(byte) * limit).toFixed(digits))}`;
}

/**
 * Lay a box of rows and columns over a picture of this size: the style sheet places it by these shares.
 * @param {HTMLElement} element
 * @param {Box} box
 * @param {Pair} size rows and columns
 */
export function layBox(element, [top, bottom, left, right], [rows, columns]) {
  /** @type {(name: string, share: number) => void} */
  const set = (name, share) => element.style.setProperty(name, `${share * 100}%`);
  set("--top", top / rows);
  set("--left", left / columns);
  set("--height", (bottom - top) / rows);
  set("--width", (right - left) / columns);
}
