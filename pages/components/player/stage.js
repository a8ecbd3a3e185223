// @ts-check
// The stage: the grids of a trace beside each other, and which of their cells are lit.

/** @import { PlayedGrid } from "../payloads.d.ts" */
/** @import { Target } from "./editing.js" */
/** @import { PlayedTrace, Step, Term } from "./trace.js" */
import { find, make } from "../common/dom.js";
import { clamp } from "../common/numbers.js";
import { tintOf } from "./tints.js";
import { NO_CELL } from "./trace.js";

const NARROW = 600; // px of a player below which its grids stand under each other
const LEAST_CELL = 28; // px
const LONG_CELL = 44; // px that long decimals need at least
const MOST_CELL = 52; // px
const LONG_TEXT = 5; // letters; longer texts are long decimals
const BESIDE_CELLS = 60; // px that a grid takes beside its cells: signs, gaps, borders
const AROUND = 40; // px

/** @typedef {{ top: number, bottom: number, left: number, right: number }} Span rows and columns, ends included */

export class Stage {
  /**
   * @param {PlayedTrace} trace
   * @param {boolean} isDark
   */
  constructor(trace, isDark) {
    this.trace = trace;
    this.isDark = isDark;
    this.element = make("div", { class: "stage" });
    this.width = 0; // px of the player
    this.cell = LEAST_CELL; // px
    this.shape = ""; // of the grids, as text
    this.turned = ""; // the shape and the filter that are shown
    /** @type {HTMLElement[]} cells that are lit */
    this.lit = [];
    /** @type {Record<string, HTMLElement[]>} by grid and index */
    this.cells = {};
    /** @type {{ frame: HTMLElement, scroll: HTMLElement }[]} the window's outline, by plane of what is read */
    this.frames = [];
    /** @type {{ grid: PlayedGrid, plane: number, element: HTMLElement }[]} of grids that show one filter at a time */
    this.planes = [];
  }

  /**
   * Show a trace; returns whether its grids are other ones than before, so that the learner's place means nothing now.
   * @param {PlayedTrace} trace
   * @param {boolean} isDark
   */
  load(trace, isDark) {
    this.unlight();
    this.trace = trace;
    this.isDark = isDark;
    const grids = trace.grids.map((g) => [g.name, g.label, g.role, g.planes, g.rows, g.columns, g.at_once]);
    const shape = JSON.stringify([isDark, trace.data.signs, trace.editable, grids]);
    const isFresh = shape !== this.shape;
    this.shape = shape;
    if (isFresh) this.build();
    trace.grids.forEach((grid) => this.fill(grid));
    return isFresh;
  }

  // ---- building ---------------------------------------------------------------------------------------------------

  build() {
    this.cells = {};
    this.frames = [];
    this.planes = [];
    this.element.replaceChildren();
    this.trace.grids.forEach((grid, i) => {
      const sign = this.trace.data.signs[i - 1];
      if (sign) this.element.append(make("div", { class: "sign", "aria-hidden": "true" }, sign));
      this.element.append(this.buildGrid(grid));
    });
  }

  /** @param {PlayedGrid} grid */
  buildGrid(grid) {
    const shown = grid.at_once || grid.planes.length;
    const size = `${shown > 1 ? `${shown} × ` : ""}${grid.rows} × ${grid.columns}`;
    const box = make("div", { class: "planes" });
    this.cells[grid.name] = [];
    grid.planes.forEach((name, plane) => {
      const title = name ? make("small", { class: "plane-name" }, name) : null;
      const element = make("div", { class: "one" }, title, this.buildPlane(grid, plane));
      if (grid.at_once) this.planes.push({ grid, plane, element });
      box.append(element);
    });
    const caption = make("figcaption", {}, grid.label, make("small", {}, size));
    return make("figure", { class: grid.role, "data-grid": grid.name }, caption, box);
  }

  /**
   * @param {PlayedGrid} grid
   * @param {number} plane
   */
  buildPlane(grid, plane) {
    const { rows, columns, name } = grid;
    const takesKeys = name === this.trace.writes || this.trace.editable.includes(name);
    const title = grid.planes[plane] ? `${grid.label}, ${grid.planes[plane]}` : grid.label;
    const table = make("div", {
      class: name === this.trace.right ? "plane weighted" : "plane",
      role: "grid",
      style: `--columns:${columns}`,
      tabindex: takesKeys ? 0 : null,
      "data-grid": name,
      "aria-label": `${title}, ${rows} rows by ${columns} columns`,
    });
    for (let row = 0; row < rows; row++) table.append(this.buildRow(grid, plane, row));
    const scroll = make("div", { class: "scroll" }, table);
    if (name === this.trace.left) {
      const frame = make("div", { class: "frame", hidden: true });
      this.frames[plane] = { frame, scroll };
      table.append(frame);
    }
    return scroll;
  }

  /**
   * @param {PlayedGrid} grid
   * @param {number} plane
   * @param {number} row
   */
  buildRow({ name, rows, columns }, plane, row) {
    const line = make("div", { role: "row", style: "display:contents" });
    for (let column = 0; column < columns; column++) {
      const index = (plane * rows + row) * columns + column;
      const cell = make("div", { role: "gridcell", class: "cell", "data-grid": name, "data-index": index });
      cell.classList.toggle("last", column === columns - 1);
      cell.classList.toggle("bottom", row === rows - 1);
      if (name === this.trace.right) cell.style.setProperty("--tint", this.weightTint(index));
      this.cells[name].push(cell);
      line.append(cell);
    }
    return line;
  }

  // ---- filling and fitting ----------------------------------------------------------------------------------------

  /** @param {PlayedGrid} grid */
  fill(grid) {
    const unvisited = new Set(grid.unvisited);
    this.cells[grid.name].forEach((cell, index) => {
      const isPadding = this.trace.isPadding(grid, index);
      const text = grid.texts[index];
      if (!cell.querySelector("input")) cell.textContent = text; // what is being typed is left alone
      const place = `row ${(Math.floor(index / grid.columns) % grid.rows) + 1}, column ${(index % grid.columns) + 1}`;
      cell.setAttribute("aria-label", `${place}: ${text}${isPadding ? ", padding" : ""}`);
      cell.classList.toggle("padding", isPadding);
      cell.classList.toggle("unvisited", unvisited.has(index));
      cell.classList.toggle("masked", grid.name === this.trace.writes);
      cell.classList.remove("solved");
    });
  }

  /**
   * Make the grids as large as fits beside each other.
   * @param {number} width px of the player
   */
  fit(width) {
    this.width = width;
    this.cell = this.fitCell(width);
    this.element.style.setProperty("--cell", `${this.cell}px`);
    for (const grid of this.trace.grids) {
      const longest = Math.max(...grid.texts.map((text) => text.length));
      const digits = clamp((this.cell - 6) / (longest * 0.6), 9.5, 16); // a digit is about 0.6 as wide as high
      find(this.element, `figure[data-grid="${grid.name}"]`).style.setProperty("--digits", `${digits}px`);
    }
  }

  /** @param {number} width */
  fitCell(width) {
    const { grids, isAside } = this.trace;
    const columns = grids.reduce((sum, grid) => sum + Math.max(grid.at_once, 1) * grid.columns, 0);
    const widest = Math.max(...grids.map((grid) => grid.columns));
    const beside = (width - AROUND - BESIDE_CELLS * grids.length) / columns;
    const isLong = grids.some((grid) => grid.texts.some((text) => text.length > LONG_TEXT));
    // a network's weights need more room, where there are few cells and grids may stand in rows
    const least = isAside && width >= NARROW && isLong ? LONG_CELL : LEAST_CELL;
    return Math.max(least, Math.min(MOST_CELL, Math.floor(width < NARROW ? (width - 16) / widest : beside)));
  }

  /**
   * Turn grids that show one filter at a time to the filter `page`.
   * @param {number} page
   */
  turnTo(page) {
    const turned = `${page} ${this.shape}`;
    if (turned === this.turned) return;
    this.turned = turned;
    for (const { grid, plane, element } of this.planes) element.hidden = !this.trace.shows(grid, plane, page);
  }

  // ---- lighting ---------------------------------------------------------------------------------------------------

  /** @param {number} index */
  reveal(index) {
    this.cells[this.trace.writes][index].classList.remove("masked");
  }

  /**
   * Light a cell; does nothing for a grid or a cell that there is not.
   * @param {string | null} grid
   * @param {number} index
   * @param {"read" | "related" | "now" | "won"} state
   * @param {string | null} [colour]
   */
  light(grid, index, state, colour = null) {
    if (!grid || index === NO_CELL) return;
    const cell = this.cells[grid][index];
    cell.classList.add(state);
    if (colour) cell.style.setProperty("--tint", colour);
    this.lit.push(cell);
  }

  unlight() {
    for (const cell of this.lit) {
      cell.classList.remove("read", "related", "now", "won");
      if (cell.dataset.grid !== this.trace.right) cell.style.removeProperty("--tint");
    }
    this.lit = [];
  }

  /** @param {number} index of a weight */
  weightTint(index) {
    const { rows, columns } = this.trace.gridOf[/** @type {string} */ (this.trace.right)];
    return tintOf(index % (rows * columns), rows * columns, this.isDark);
  }

  /**
   * Return the colour of a term: its weight's, or where there are no weights that of its place in the window.
   * @param {Term} term
   * @param {number} place
   * @param {number} places
   */
  termTint({ right }, place, places) {
    return right === NO_CELL ? tintOf(place, places, this.isDark) : this.weightTint(right);
  }

  /**
   * Light a step: all its terms, or the one that is just being multiplied, and those before it faintly.
   * @param {Step} step
   * @param {number | null} [only] that term
   */
  lightStep(step, only = null) {
    const { left, right, origin, bias, writes } = this.trace;
    step.terms.forEach((term, i) => {
      if (only !== null && i > only) return;
      const isBright = only === null || i === only;
      const colour = isBright ? this.termTint(term, i, step.terms.length) : null;
      this.light(left, term.left, i === step.chosen ? "won" : "read", colour);
      if (!isBright) return;
      this.light(right, term.right, "related");
      this.light(origin, term.origin, "related");
    });
    this.light(bias, step.bias_at, "related");
    this.light(writes, step.writes, "now");
    this.drawFrame(step);
  }

  /**
   * Light every sum that an input value or a weight takes part in.
   * @param {Target} target
   * @param {number} page the filter that is shown; a grid that shows one at a time turns to the target's
   */
  lightUses({ grid, index }, page) {
    const { left, right, origin, writes, gridOf, usesOf } = this.trace;
    const { at_once: atOnce, rows, columns } = gridOf[grid];
    this.turnTo(atOnce ? Math.floor(index / (rows * columns) / atOnce) : page);
    this.light(grid, index, "now");
    this.hideFrames();
    for (const [s, t] of usesOf[grid].get(index) ?? []) {
      const step = this.trace.step(s);
      const term = step.terms[t];
      if (grid !== left) this.light(left, term.left, "read", this.termTint(term, t, step.terms.length));
      if (grid !== right) this.light(right, term.right, "related");
      if (grid !== origin) this.light(origin, term.origin, "related");
      this.light(writes, step.writes, "related");
    }
  }

  // ---- the window's outline ---------------------------------------------------------------------------------------

  hideFrames() {
    for (const { frame } of this.frames) frame.hidden = true;
  }

  /**
   * Draw the window's outline, gaps of a dilated kernel included, on the channels that take part.
   * @param {Step} step
   */
  drawFrame(step) {
    this.hideFrames();
    const grid = this.trace.gridOf[this.trace.left];
    for (const [plane, span] of findSpans(step.terms, grid)) {
      const { frame, scroll } = this.frames[plane];
      const [left, width] = [span.left * this.cell, (span.right - span.left + 1) * this.cell];
      frame.hidden = false;
      frame.style.left = `${left}px`;
      frame.style.top = `${span.top * this.cell}px`;
      frame.style.width = `${width}px`;
      frame.style.height = `${(span.bottom - span.top + 1) * this.cell}px`;
      if (grid.columns * this.cell > this.width) keepInSight(scroll, left, width);
    }
  }
}

/**
 * Return the rows and columns that a step's window spans, by plane.
 * @param {Term[]} terms
 * @param {PlayedGrid} grid what they read
 */
export function findSpans(terms, { rows, columns }) {
  /** @type {Map<number, Span>} */
  const spans = new Map();
  for (const { left } of terms) {
    const plane = Math.floor(left / (rows * columns));
    const [row, column] = [Math.floor((left % (rows * columns)) / columns), left % columns];
    const span = spans.get(plane) ?? { top: row, bottom: row, left: column, right: column };
    spans.set(plane, {
      top: Math.min(span.top, row),
      bottom: Math.max(span.bottom, row),
      left: Math.min(span.left, column),
      right: Math.max(span.right, column),
    });
  }
  return spans;
}

/** @type {(scroll: HTMLElement, left: number, width: number) => void} */
function keepInSight(scroll, left, width) {
  if (left >= scroll.scrollLeft && left + width <= scroll.scrollLeft + scroll.clientWidth) return;
  scroll.scrollLeft = left - scroll.clientWidth / 2;
}
