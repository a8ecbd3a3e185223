// @ts-check
// The window map: a padded input and its output, drawn to one scale. Point at an output cell to see its window,
// at an input cell to see every output that reads it; the slider walks through the windows.
// Sizes, windows and never-read cells come from cnn_core.shapes.derivation; this only draws.

/** @import { MapAxis, WindowMapPayload } from "../payloads.d.ts" */
import { draw, make } from "../common/dom.js";
import { mountView } from "../common/mount.js";
import { clamp, range } from "../common/numbers.js";

const LONGEST = 340; // px of the longer side of the padded input
const SMALLEST = 44; // px of the shorter side of the output, at least
const LARGEST_CELL = 34; // px of a cell, at most
const STACKED = 560; // px below which the output stands under the input (window_map.css says the same)
const GRID_PX = 5; // cells smaller than this get no grid lines
const MAX_SHEETS = 3; // sheets behind the first that hint at depth
const SHEET_PX = 5; // px that each sheet is shifted

// Of a transposed convolution the windows lie on the output, and an input cell writes to each.
const READS = {
  big: "Input",
  small: "Output",
  reads: "reads",
  read: "read by",
  never: "read",
  many: "output",
  windows: "window",
  of: "of the image",
  kept: "pixels",
  lost: "outside the image",
};
const WRITES = {
  big: "Output",
  small: "Input",
  reads: "writes to",
  read: "written by",
  never: "written",
  many: "input",
  windows: "cell",
  of: "of the output",
  kept: "kept",
  lost: "cut away",
};

/** @type {(x: number, y: number, width: number, height: number, kind: string) => SVGRectElement} */
const drawRect = (x, y, width, height, kind) => draw("rect", { x, y, width, height, class: kind });

/** @type {(columns: number, rows: number) => SVGPathElement} */
function drawGrid(columns, rows) {
  const vertical = range(columns - 1).map((x) => `M${x + 1} 0V${rows}`);
  const horizontal = range(rows - 1).map((y) => `M0 ${y + 1}H${columns}`);
  return draw("path", { d: vertical.concat(horizontal).join(""), class: "grid" });
}

/**
 * Draw red stripes that are as wide in every drawing.
 * @param {string} id
 * @param {number} unit one pixel in the drawing's own coordinates
 */
function drawHatch(id, unit) {
  const size = 7 * unit;
  const stripe = draw("path", { d: `M0 ${size}L${size} 0`, class: "stripe", "stroke-width": 1.5 });
  const attributes = { id, width: size, height: size, patternUnits: "userSpaceOnUse" };
  return draw("defs", {}, draw("pattern", attributes, stripe));
}

/**
 * Draw the ground of a plane of `columns` × `rows` cells, with sheets behind it for its depth.
 * @param {number} columns
 * @param {number} rows
 * @param {number} px pixels of a cell
 * @param {number} depth
 * @param {string} alt
 * @param {[number, number]} [reach] columns and rows of the drawing: a window may hang over the edge
 */
function drawPlane(columns, rows, px, depth, alt, reach = [columns, rows]) {
  const unit = 1 / px; // one pixel in cells
  const sheets = Math.min(depth - 1, MAX_SHEETS);
  const behind = sheets * SHEET_PX * unit;
  const box = [-2 * unit, -2 * unit - behind, reach[0] + behind + 4 * unit, reach[1] + behind + 4 * unit];
  const size = { width: box[2] * px, height: box[3] * px };
  const svg = draw("svg", { viewBox: box.join(" "), ...size, role: "img", "aria-label": alt });
  svg.append(drawHatch("never", unit));
  for (let sheet = sheets; sheet > 0; sheet--) {
    svg.append(drawRect(sheet * SHEET_PX * unit, -sheet * SHEET_PX * unit, columns, rows, "sheet"));
  }
  return svg;
}

/**
 * Return the cells of the padded axis that a window reads.
 * @param {MapAxis} axis
 * @param {number} out
 */
export function listTaps(axis, out) {
  const [first, end] = axis.windows[out];
  return range(Math.ceil((end - first) / axis.dilation)).map((tap) => first + tap * axis.dilation);
}

/**
 * Return the windows that read a cell of the padded axis.
 * @param {MapAxis} axis
 * @param {number} cell
 */
export const listReaders = (axis, cell) => range(axis.out).filter((out) => listTaps(axis, out).includes(cell));

/** @type {(axis: MapAxis, cell: number) => boolean} whether a cell of the padded axis belongs to the image */
const isInside = (axis, cell) => cell >= axis.before && cell < axis.before + axis.size;

/** @type {(count: number, noun: string) => string} */
const countNouns = (count, noun) => `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;

/** @type {(axis: MapAxis, taps: number[], noun: string) => string} rows 2 to 6 in steps of 2, counted from 1 */
function describeTaps(axis, taps, noun) {
  const [first, last] = [taps[0] - axis.before + 1, taps[taps.length - 1] - axis.before + 1];
  const span = taps.length > 1 ? `${first} to ${last}` : first;
  return `${noun} ${span}${axis.dilation > 1 && taps.length > 1 ? ` in steps of ${axis.dilation}` : ""}`;
}

class WindowMap {
  /**
   * @param {HTMLElement} root
   * @param {WindowMapPayload} data
   */
  constructor(root, data) {
    this.root = root;
    this.data = data;
    this.rows = data.rows;
    this.columns = data.columns;
    this.words = data.transposed ? WRITES : READS;
    this.isPadded = this.rows.cells > this.rows.size || this.columns.cells > this.columns.size;
    this.marks = draw("g"); // on the input
    this.readers = draw("g"); // on the output
    this.reading = make("p", { class: "reading", "aria-live": "polite" });
    this.slider = this.buildSlider();
    root.replaceChildren(this.buildStage(), this.buildWalk(), this.buildLegend());
    this.showWindow(this.rows.out * this.columns.out - 1);
  }

  buildStage() {
    const { rows, columns, data, words } = this;
    const room = this.root.clientWidth || 640;
    const across = room < STACKED ? (room - 30) / columns.reach : (room - 150) / (columns.reach + columns.out);
    const px = Math.min(across, LONGEST / columns.reach, LONGEST / rows.reach, LARGEST_CELL);
    const shorter = Math.min(rows.out, columns.out);
    const outPx = Math.min(Math.max(px, SMALLEST / shorter), LONGEST / Math.max(rows.out, columns.out));
    const input = `${words.big} ${data.channels} × ${rows.size} × ${columns.size}`;
    const output = `${words.small} ${data.filters} × ${rows.out} × ${columns.out}`;
    const [left, right] = data.transposed ? ["output", "input"] : ["input", "output"];
    return make(
      "div",
      { class: "stage" },
      buildFigure(left, this.drawInput(px), input, this.describePadding()),
      make("span", { class: "arrow", "aria-hidden": "true" }, data.transposed ? "←" : "→"),
      buildFigure(right, this.drawOutput(outPx), output, countNouns(rows.out * columns.out, words.windows)),
    );
  }

  describePadding() {
    const { transposed } = this.data;
    if (!this.isPadded) return transposed ? "nothing cut" : "not padded";
    return `${transposed ? "cut from" : "padded to"} ${this.rows.cells} × ${this.columns.cells}`;
  }

  /** @param {number} px */
  drawInput(px) {
    const { rows, columns, data } = this;
    const svg = drawPlane(columns.cells, rows.cells, px, data.channels, data.alt, [columns.reach, rows.reach]);
    if (this.isPadded) svg.append(drawRect(0, 0, columns.cells, rows.cells, "padding"));
    svg.append(drawRect(columns.before, rows.before, columns.size, rows.size, "plane"));
    if (px >= GRID_PX) svg.append(drawGrid(columns.cells, rows.cells));
    for (const [first, count] of rows.unvisited) svg.append(drawRect(0, first, columns.cells, count, "never"));
    for (const [first, count] of columns.unvisited) svg.append(drawRect(first, 0, count, rows.cells, "never"));
    svg.append(this.marks);
    listenToCells(svg, columns.cells, rows.cells, (row, column) => this.showReaders(row, column));
    return svg;
  }

  /** @param {number} px */
  drawOutput(px) {
    const { rows, columns, data } = this;
    const alt = `${this.words.small} of ${rows.out} × ${columns.out} cells`;
    const svg = drawPlane(columns.out, rows.out, px, data.filters, alt);
    svg.append(drawRect(0, 0, columns.out, rows.out, "plane"));
    if (px >= GRID_PX) svg.append(drawGrid(columns.out, rows.out));
    svg.append(this.readers);
    listenToCells(svg, columns.out, rows.out, (row, column) => this.showWindow(row * columns.out + column));
    return svg;
  }

  buildSlider() {
    const last = this.rows.out * this.columns.out - 1;
    const attributes = { type: "range", min: 0, max: last, step: 1, "aria-label": "Window", disabled: last === 0 };
    const slider = make("input", attributes);
    slider.oninput = () => this.showWindow(Number(slider.value));
    return slider;
  }

  buildWalk() {
    const label = make("label", {}, make("span", { "aria-hidden": "true" }, "Window"), this.slider);
    return make("div", {}, make("div", { class: "walk" }, label), this.reading);
  }

  buildLegend() {
    const { rows, columns, words } = this;
    const side = this.data.transposed ? "output" : "input";
    const items = [
      buildKey("plane", words.big.toLowerCase(), { class: side }),
      buildKey("window", `the window of the chosen ${words.many}`),
    ];
    if (this.isPadded) items.push(buildKey("padding", "padding"));
    const unvisited = rows.unvisited.length + columns.unvisited.length;
    if (unvisited) items.push(buildKey("never", `never ${words.read} any window`));
    return make("div", { class: "legend" }, ...items);
  }

  /**
   * Show the window of one output.
   * @param {number} index counted row by row
   */
  showWindow(index) {
    const { rows, columns, words } = this;
    const [row, column] = [Math.floor(index / columns.out), index % columns.out];
    const [down, across] = [listTaps(rows, row), listTaps(columns, column)];
    this.slider.value = String(index);
    this.marks.replaceChildren(...this.drawWindow(down, across));
    this.readers.replaceChildren(drawRect(column, row, 1, 1, "reader"));
    const text =
      `${words.small} row ${row + 1}, column ${column + 1} ${words.reads} ${describeTaps(rows, down, "rows")} and ` +
      `${describeTaps(columns, across, "columns")} ${words.of}: ${this.describeCells(down, across)}.`;
    this.reading.textContent = text;
    this.slider.setAttribute("aria-valuetext", text);
  }

  /** @type {(down: number[], across: number[]) => string} */
  describeCells(down, across) {
    const { kept, lost } = this.words;
    const cells = down.length * across.length;
    const inside = down.filter((cell) => isInside(this.rows, cell)).length;
    const pixels = inside * across.filter((cell) => isInside(this.columns, cell)).length;
    const outside = cells === pixels ? `all of them ${kept}` : `${pixels} of them ${kept}, ${cells - pixels} ${lost}`;
    return `${countNouns(cells, "cell")}, ${outside}`;
  }

  /** @type {(down: number[], across: number[]) => SVGRectElement[]} */
  drawWindow(down, across) {
    if (this.rows.dilation === 1 && this.columns.dilation === 1) {
      return [drawRect(across[0], down[0], across.length, down.length, "window")];
    }
    return down.flatMap((y) => across.map((x) => drawRect(x, y, 1, 1, "window")));
  }

  /**
   * Show every output that reads one cell of the padded input.
   * @param {number} row
   * @param {number} column
   */
  showReaders(row, column) {
    const { rows, columns, words } = this;
    const [down, across] = [listReaders(rows, row), listReaders(columns, column)];
    this.marks.replaceChildren(drawRect(column, row, 1, 1, "window"));
    this.readers.replaceChildren(...down.flatMap((y) => across.map((x) => drawRect(x, y, 1, 1, "reader"))));
    const count = down.length * across.length;
    const kind = isInside(rows, row) && isInside(columns, column) ? "pixel" : "padding cell";
    const cell = `The ${kind} in row ${row - rows.before + 1}, column ${column - columns.before + 1}`;
    this.reading.textContent =
      count === 0
        ? `${cell} is never ${words.never}: no window covers it.`
        : `${cell} is ${words.read} ${countNouns(count, words.many)}.`;
  }
}

/** @type {(kind: string, svg: SVGElement, title: string, note: string) => HTMLElement} */
function buildFigure(kind, svg, title, note) {
  return make("figure", { class: kind }, svg, make("figcaption", {}, title, make("small", {}, note)));
}

/** @type {(kind: string, text: string, attributes?: Record<string, string>) => HTMLElement} an entry of the legend */
function buildKey(kind, text, attributes = {}) {
  const icon = draw("svg", { viewBox: "0 0 18 18", "aria-hidden": "true" });
  if (kind === "never") icon.append(drawHatch("never-key", 1));
  icon.append(drawRect(1, 1, 16, 16, kind === "never" ? "never key" : kind));
  return make("span", attributes, icon, text);
}

/**
 * Call `show` with the row and column under the pointer.
 * @param {SVGSVGElement} svg
 * @param {number} columns
 * @param {number} rows
 * @param {(row: number, column: number) => void} show
 */
function listenToCells(svg, columns, rows, show) {
  /** @param {PointerEvent} event */
  const showUnder = (event) => {
    const matrix = /** @type {DOMMatrix} */ (svg.getScreenCTM()).inverse();
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix);
    show(clamp(Math.floor(point.y), 0, rows - 1), clamp(Math.floor(point.x), 0, columns - 1));
  };
  svg.onpointermove = showUnder;
  svg.onpointerdown = showUnder;
}

export default mountView(
  ".windows",
  (root) => ({ root, drawn: "" }),
  (view, /** @type {WindowMapPayload} */ data) => {
    const text = JSON.stringify(data);
    if (text === view.drawn) return; // the window that was chosen stays
    view.drawn = text;
    new WindowMap(view.root, data);
  },
);
