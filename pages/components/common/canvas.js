// @ts-check
// Canvases: their drawing context and the pixel under the pointer.

/** @import { Pair } from "./numbers.js" */
import { clamp } from "./numbers.js";

/**
 * Return a canvas's drawing context.
 * @param {HTMLCanvasElement} canvas
 * @param {CanvasRenderingContext2DSettings} [settings]
 */
export const contextOf = (canvas, settings) =>
  /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", settings));

/**
 * Return where a pointer is on a canvas, in pixels of what is drawn: down, then across, with fractions.
 * @param {MouseEvent} event
 * @param {HTMLCanvasElement} canvas
 * @returns {Pair}
 */
export function placeOn(event, canvas) {
  const box = canvas.getBoundingClientRect();
  return [
    ((event.clientY - box.top) / box.height) * canvas.height,
    ((event.clientX - box.left) / box.width) * canvas.width,
  ];
}

/**
 * Return the pixel of a canvas under the pointer: row, then column, of what is drawn.
 * @param {MouseEvent} event
 * @param {HTMLCanvasElement} canvas
 * @returns {Pair}
 */
export function pixelUnder(event, canvas) {
  const [down, across] = placeOn(event, canvas);
  return [clamp(Math.floor(down), 0, canvas.height - 1), clamp(Math.floor(across), 0, canvas.width - 1)];
}
