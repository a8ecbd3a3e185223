// @ts-check
// What Python sent (cnn_core.trace.player_data), made easy to ask. Nothing is computed here but which terms belong to
// a step.

/** @import { PlayedGrid, PlayedStep, PlayerPayload } from "../payloads.d.ts" */

export const NO_CELL = -1;

/**
 * @typedef {object} Term of a step: the cells that it is made of, as indices in their grids, and its texts
 * @property {number} left
 * @property {number} right
 * @property {number} origin
 * @property {string} product
 * @property {string} running the sum so far, where terms are added
 */
/** @typedef {PlayedStep & { terms: Term[] }} Step */
/** @typedef {[step: number, term: number]} Use of a cell */

export class PlayedTrace {
  /** @param {PlayerPayload} data */
  constructor(data) {
    this.data = data;
    this.grids = data.grids;
    this.left = data.left;
    this.right = data.right;
    this.origin = data.origin;
    this.bias = data.bias;
    this.writes = data.writes;
    this.editable = data.editable;
    this.isAside = Boolean(data.aside);
    this.count = data.steps.length;
    /** @type {Record<string, PlayedGrid>} */
    this.gridOf = Object.fromEntries(data.grids.map((grid) => [grid.name, grid]));
    /** @type {Map<number, number>} the step that writes each cell */
    this.stepAt = new Map(data.steps.map((step, i) => [step.writes, i]));
    /** @type {Map<number, Step>} */
    this.parsed = new Map();
    /** @type {Record<string, Map<number, Use[]>>} which terms read each cell: a hover must not search */
    this.usesOf = {};
    this.indexUses(this.left, data.terms.left);
    this.indexUses(this.right, data.terms.right);
    this.indexUses(this.origin, data.terms.origin);
  }

  /**
   * @param {string | null} name of a grid
   * @param {number[]} cells the one that each term reads
   */
  indexUses(name, cells) {
    if (!name) return;
    const { first } = this.data;
    /** @type {Map<number, Use[]>} */
    const uses = new Map();
    let step = 0;
    cells.forEach((cell, t) => {
      while (first[step + 1] <= t) step++;
      const known = uses.get(cell);
      if (known) known.push([step, t - first[step]]);
      else uses.set(cell, [[step, t - first[step]]]);
    });
    this.usesOf[name] = uses;
  }

  /**
   * Return a step with its terms, put together when it is first looked at.
   * @param {number} index
   * @returns {Step}
   */
  step(index) {
    const known = this.parsed.get(index);
    if (known) return known;
    const { first, steps, words } = this.data;
    const { left, right, origin, product, running } = this.data.terms;
    const terms = [];
    for (let t = first[index]; t < first[index + 1]; t++) {
      const texts = { product: words[product[t]], running: words[running[t]] };
      terms.push({ left: left[t], right: right[t], origin: origin[t] ?? NO_CELL, ...texts });
    }
    const step = { ...steps[index], terms };
    this.parsed.set(index, step);
    return step;
  }

  /**
   * Return the terms worked out before a step.
   * @param {number} index
   */
  termsBefore(index) {
    return this.data.first[index];
  }

  /**
   * Return the filter that a step writes: grids that show one filter at a time follow it.
   * @param {number} index
   */
  pageOf(index) {
    const { rows, columns } = this.gridOf[this.writes];
    return Math.floor(this.data.steps[index].writes / (rows * columns));
  }

  /**
   * Return whether a plane of a grid is shown beside the filter `page`.
   * @param {PlayedGrid} grid
   * @param {number} plane
   * @param {number} page
   */
  shows(grid, plane, page) {
    return !grid.at_once || Math.floor(plane / grid.at_once) === page;
  }

  /**
   * Return the step above or below one in the same plane of what is written; undefined where there is none.
   * @param {number} index
   * @param {number} rows
   */
  stepBelow(index, rows) {
    const target = this.stepAt.get(this.data.steps[index].writes + rows * this.gridOf[this.writes].columns);
    return target !== undefined && this.pageOf(target) === this.pageOf(index) ? target : undefined;
  }

  /**
   * Return where a cell is, in words.
   * @param {string} name of its grid
   * @param {number} index
   */
  describePlace(name, index) {
    const { rows, columns, planes } = this.gridOf[name];
    const plane = planes[Math.floor(index / (rows * columns))];
    const inside = index % (rows * columns);
    const [top, left] = this.data.corner?.[name] ?? [0, 0]; // a piece of a map counts as the map does
    const where = `row ${Math.floor(inside / columns) + top + 1}, column ${(inside % columns) + left + 1}`;
    return plane ? `${plane}, ${where}` : where;
  }

  /**
   * Return whether a cell belongs to the padding.
   * @param {PlayedGrid} grid
   * @param {number} index
   */
  isPadding(grid, index) {
    const [top, bottom, left, right] = grid.padding;
    const row = Math.floor(index / grid.columns) % grid.rows;
    const column = index % grid.columns;
    return row < top || row >= grid.rows - bottom || column < left || column >= grid.columns - right;
  }
}
