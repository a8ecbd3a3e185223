// The window map: a padded input and its output, drawn to one scale. Point at an output cell to see its window,
// at an input cell to see every output that reads it; the slider walks through the windows.
// Sizes and never-read cells come from cnn_core.shapes.derivation; this only draws.

const maps = new WeakMap();

export default function ({ parentElement, data }) {
  const root = parentElement.querySelector(".windows");
  let map = maps.get(parentElement);
  if (!map) maps.set(parentElement, (map = new WindowMap(root)));
  map.load(data);
  return () => maps.delete(parentElement);
}

const NS = "http://www.w3.org/2000/svg";
const LONGEST = 340; // px of the longer side of the padded input
const SMALLEST = 44; // px of the shorter side of the output, at least
const STACKED = 560; // px below which the output stands under the input (windows.css says the same)
const GRID_PX = 5; // cells smaller than this get no grid lines
const MAX_SHEETS = 3; // sheets behind the first that hint at depth

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

function draw(tag, attributes = {}, ...children) {
  const element = document.createElementNS(NS, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

const rect = (x, y, width, height, className) => draw("rect", { x, y, width, height, class: className });
const range = (count) => Array.from({ length: count }, (_, index) => index);
const clamp = (value, limit) => Math.max(0, Math.min(limit - 1, value));

function gridLines(columns, rows) {
  const vertical = range(columns - 1).map((x) => `M${x + 1} 0V${rows}`);
  const horizontal = range(rows - 1).map((y) => `M0 ${y + 1}H${columns}`);
  return draw("path", { d: vertical.concat(horizontal).join(""), class: "grid" });
}

// Red stripes that are as wide in every drawing: `unit` is one pixel in the drawing's own coordinates.
function hatch(id, unit) {
  const size = 7 * unit;
  const stripe = draw("path", { d: `M0 ${size}L${size} 0`, class: "stripe", "stroke-width": 1.5 });
  const attributes = { id, width: size, height: size, patternUnits: "userSpaceOnUse" };
  return draw("defs", {}, draw("pattern", attributes, stripe));
}

// One plane of `columns` × `rows` cells of `px` pixels, with sheets behind it for its depth.
// A window may hang over the edge: `reach` is how far the drawing must go, as [columns, rows].
function plane(columns, rows, px, depth, alt, reach = [columns, rows]) {
  const unit = 1 / px; // one pixel in cells
  const behind = Math.min(depth - 1, MAX_SHEETS) * 5 * unit;
  const box = [-2 * unit, -2 * unit - behind, reach[0] + behind + 4 * unit, reach[1] + behind + 4 * unit];
  const size = { width: box[2] * px, height: box[3] * px };
  const svg = draw("svg", { viewBox: box.join(" "), ...size, role: "img", "aria-label": alt });
  svg.append(hatch("never", unit));
  for (let sheet = Math.min(depth - 1, MAX_SHEETS); sheet > 0; sheet--) {
    svg.append(rect(sheet * 5 * unit, -sheet * 5 * unit, columns, rows, "sheet"));
  }
  return svg;
}

// A transposed convolution turns the tale around: the windows lie on the output, and an input writes to each.
const WORDS = {
  reads: { big: "Input", small: "Output", reads: "reads", read: "read by", many: "output", windows: "window", of: "of the image", kept: ["pixels", "outside the image"] },
  writes: { big: "Output", small: "Input", reads: "writes to", read: "written by", many: "input", windows: "cell", of: "of the output", kept: ["kept", "cut away"] },
};

// The cells of the padded axis that one window reads, and which windows read a cell.
const tapsOf = (axis, out) =>
  axis.taps
    ? range(axis.taps[out][1] - axis.taps[out][0]).map((cell) => axis.taps[out][0] + cell)
    : range(axis.kernel).map((tap) => out * axis.stride + tap * axis.dilation);
const readersOf = (axis, cell) => range(axis.out).filter((out) => tapsOf(axis, out).includes(cell));

const plural = (count, noun) => `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;

class WindowMap {
  constructor(root) {
    this.root = root;
  }

  load(data) {
    const text = JSON.stringify(data);
    if (text === this.text) return;
    this.text = text;
    Object.assign(this, { rows: data.rows, columns: data.columns, data, words: WORDS[data.transposed ? "writes" : "reads"] });
    this.root.replaceChildren(this.stage(), this.walk(), this.legend());
    this.show(this.rows.out * this.columns.out - 1);
  }

  stage() {
    const { rows, columns, data } = this;
    const room = this.root.clientWidth || 640;
    const across = room < STACKED ? (room - 30) / columns.reach : (room - 150) / (columns.reach + columns.out);
    const px = Math.min(across, LONGEST / columns.reach, LONGEST / rows.reach, 34);
    const shorter = Math.min(rows.out, columns.out);
    const longer = Math.max(rows.out, columns.out);
    const outPx = Math.min(Math.max(px, SMALLEST / shorter), LONGEST / longer);
    this.inputSvg = this.inputPlane(px);
    this.outputSvg = this.outputPlane(outPx);
    const padded = rows.cells > rows.size || columns.cells > columns.size;
    const whole = `${rows.cells} × ${columns.cells}`;
    const note = padded ? `${data.transposed ? "cut from" : "padded to"} ${whole}` : data.transposed ? "nothing cut" : "not padded";
    const input = [`${this.words.big} ${data.channels} × ${rows.size} × ${columns.size}`, make("small", {}, note)];
    const output = [`${this.words.small} ${data.filters} × ${rows.out} × ${columns.out}`];
    output.push(make("small", {}, `${plural(rows.out * columns.out, this.words.windows)}`));
    return make(
      "div",
      { class: "stage" },
      make("figure", { class: data.transposed ? "output" : "input" }, this.inputSvg, make("figcaption", {}, ...input)),
      make("span", { class: "arrow", "aria-hidden": "true" }, data.transposed ? "←" : "→"),
      make("figure", { class: data.transposed ? "input" : "output" }, this.outputSvg, make("figcaption", {}, ...output)),
    );
  }

  inputPlane(px) {
    const { rows, columns, data } = this;
    const svg = plane(columns.cells, rows.cells, px, data.channels, data.alt, [columns.reach, rows.reach]);
    if (rows.cells > rows.size || columns.cells > columns.size) {
      svg.append(rect(0, 0, columns.cells, rows.cells, "padding"));
    }
    svg.append(rect(columns.before, rows.before, columns.size, rows.size, "plane"));
    if (px >= GRID_PX) svg.append(gridLines(columns.cells, rows.cells));
    for (const [first, count] of rows.unvisited) svg.append(rect(0, first, columns.cells, count, "never"));
    for (const [first, count] of columns.unvisited) svg.append(rect(first, 0, count, rows.cells, "never"));
    this.marks = draw("g");
    svg.append(this.marks);
    this.onCell(svg, columns.cells, rows.cells, (row, column) => this.showReaders(row, column));
    return svg;
  }

  outputPlane(px) {
    const { rows, columns, data } = this;
    const svg = plane(columns.out, rows.out, px, data.filters, `${this.words.small} of ${rows.out} × ${columns.out} cells`);
    svg.append(rect(0, 0, columns.out, rows.out, "plane"));
    if (px >= GRID_PX) svg.append(gridLines(columns.out, rows.out));
    this.readers = draw("g");
    svg.append(this.readers);
    this.onCell(svg, columns.out, rows.out, (row, column) => this.show(row * columns.out + column));
    return svg;
  }

  onCell(svg, columns, rows, show) {
    const at = (event) => {
      const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
      show(clamp(Math.floor(point.y), rows), clamp(Math.floor(point.x), columns));
    };
    svg.onpointermove = at;
    svg.onpointerdown = at;
  }

  walk() {
    const last = this.rows.out * this.columns.out - 1;
    this.slider = make("input", { type: "range", min: 0, max: last, step: 1, "aria-label": "Window" });
    this.slider.disabled = last === 0;
    this.slider.oninput = () => this.show(Number(this.slider.value));
    this.reading = make("p", { class: "reading", "aria-live": "polite" });
    const label = make("label", {}, make("span", { "aria-hidden": "true" }, "Window"), this.slider);
    return make("div", {}, make("div", { class: "walk" }, label), this.reading);
  }

  legend() {
    const { rows, columns } = this;
    const padded = rows.cells > rows.size || columns.cells > columns.size;
    const item = (className, text) => {
      const icon = draw("svg", { viewBox: "0 0 18 18", "aria-hidden": "true" });
      if (className === "never") icon.append(hatch("never-key", 1));
      icon.append(rect(1, 1, 16, 16, className === "never" ? "never key" : className));
      return make("span", className === "plane" ? { class: this.data.transposed ? "output" : "input" } : {}, icon, text);
    };
    const items = [item("plane", this.words.big.toLowerCase()), item("window", `the window of the chosen ${this.words.many}`)];
    if (padded) items.push(item("padding", "padding"));
    if (rows.unvisited.length || columns.unvisited.length) items.push(item("never", `never ${this.words.read} any window`));
    return make("div", { class: "legend" }, ...items);
  }

  // The window of one output, counted row by row.
  show(index) {
    const { rows, columns } = this;
    const [row, column] = [Math.floor(index / columns.out), index % columns.out];
    const [down, across] = [tapsOf(rows, row), tapsOf(columns, column)];
    this.slider.value = index;
    this.marks.replaceChildren(...this.windowRects(down, across));
    this.readers.replaceChildren(rect(column, row, 1, 1, "reader"));
    const inside = (axis, taps) => taps.filter((tap) => tap >= axis.before && tap < axis.before + axis.size).length;
    const cells = down.length * across.length;
    const pixels = inside(rows, down) * inside(columns, across);
    const [kept, lost] = this.words.kept;
    const outside = cells === pixels ? `all of them ${kept}` : `${pixels} of them ${kept}, ${cells - pixels} ${lost}`;
    const spell = (axis, taps, noun) =>
      `${noun} ${taps[0] - axis.before + 1}` + (taps.length > 1 ? ` to ${taps.at(-1) - axis.before + 1}` : "");
    const step = (axis) => (axis.dilation > 1 && axis.kernel > 1 ? ` in steps of ${axis.dilation}` : "");
    const text =
      `${this.words.small} row ${row + 1}, column ${column + 1} ${this.words.reads} ${spell(rows, down, "rows")}${step(rows)} and ` +
      `${spell(columns, across, "columns")}${step(columns)} ${this.words.of}: ${plural(cells, "cell")}, ${outside}.`;
    this.reading.textContent = text;
    this.slider.setAttribute("aria-valuetext", text);
  }

  windowRects(down, across) {
    const { rows, columns } = this;
    if (rows.dilation === 1 && columns.dilation === 1) {
      return [rect(across[0], down[0], across.length, down.length, "window")];
    }
    return down.flatMap((y) => across.map((x) => rect(x, y, 1, 1, "window")));
  }

  // Every output that reads one cell of the padded input.
  showReaders(row, column) {
    const [down, across] = [readersOf(this.rows, row), readersOf(this.columns, column)];
    this.marks.replaceChildren(rect(column, row, 1, 1, "window"));
    this.readers.replaceChildren(...down.flatMap((y) => across.map((x) => rect(x, y, 1, 1, "reader"))));
    const count = down.length * across.length;
    const pixel =
      row >= this.rows.before && row < this.rows.before + this.rows.size &&
      column >= this.columns.before && column < this.columns.before + this.columns.size;
    const name = `row ${row - this.rows.before + 1}, column ${column - this.columns.before + 1}`;
    const what = pixel ? `The pixel in ${name}` : `The padding cell in ${name}`;
    this.reading.textContent =
      count === 0 ? `${what} is never ${this.words.read.split(" ")[0]}: no window covers it.` : `${what} is ${this.words.read} ${plural(count, this.words.many)}.`;
  }
}
