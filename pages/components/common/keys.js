// @ts-check
// Keys that several components understand.

/** @import { Pair } from "./numbers.js" */

/**
 * Where an arrow key leads: rows, then columns.
 * @type {Record<string, Pair | undefined>}
 */
export const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
