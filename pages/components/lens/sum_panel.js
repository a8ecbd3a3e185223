// @ts-check
// The panel below the pictures: the pixels under the window, the kernel beside them, and the sum written out.

/** @import { LensPayload } from "../payloads.d.ts" */
/** @import { Pair } from "../common/numbers.js" */
/** @import { Pixels } from "./sum.js" */
import { lettersPerCell, shortenNumber, tintStrength } from "../common/cells.js";
import { make } from "../common/dom.js";
import { range, withMinus } from "../common/numbers.js";
import { bracketFactor, readWindow, writeSum } from "./sum.js";

const BRIGHTNESS = [0.299, 0.587, 0.114]; // what red, green and blue add to it, as television weighs them
const LIGHT = 118; // a pixel that is brighter, of 255, is read better under black

export class SumPanel {
  constructor() {
    this.element = make("div", { class: "panel" });
    /** @type {HTMLElement[][]} the cells of the pixels under the window, channel by channel */
    this.patches = [];
    this.title = make("h3");
    this.sums = make("output", { class: "sums", "aria-live": "polite" });
  }

  /**
   * Build the cells of a kernel's window.
   * @param {LensPayload} data
   */
  build(data) {
    const columns = data.weights[0].length;
    const count = data.weights.length * columns;
    this.patches = range(data.channels).map(() => range(count).map(() => make("span", { class: "cell" })));
    const patches = this.patches.map((cells, i) => buildGrid(data.channel_names[i], "pixels", columns, cells));
    const kernel = buildGrid("Kernel", "kernel", columns, buildKernelCells(data));
    const factor = make("div", { class: "factor" }, make("span", { class: "sign" }, "×"), kernel);
    const row = make("div", { class: columns > 5 ? "grids many" : "grids" }, ...patches, factor);
    this.element.replaceChildren(this.title, row, this.sums);
  }

  /**
   * Show the sum behind a pixel of the result.
   * @param {LensPayload} data
   * @param {Pixels} pixels of the padded picture
   * @param {Pair} at row and column
   */
  show(data, pixels, at) {
    const weights = data.weights.flat();
    const factors = data.words.flat().map(bracketFactor);
    const window = { ...data, size: /** @type {Pair} */ ([data.weights.length, data.weights[0].length]) };
    const lines = this.patches.map((cells, channel) => {
      const values = readWindow(pixels, channel, at, window);
      cells.forEach((cell, i) => paintCell(cell, values[i], channel, data.channels));
      const { text, result } = writeSum(values, weights, factors, data);
      const name = data.channels > 1 ? make("b", {}, `${data.channel_names[channel]} `) : null;
      return make("div", { class: "line" }, name, text, make("strong", {}, result));
    });
    this.title.textContent = `Row ${at[0] + 1}, column ${at[1] + 1} of the result`;
    this.sums.replaceChildren(...lines);
  }
}

/** @param {LensPayload} data */
function buildKernelCells({ weights, words }) {
  const letters = lettersPerCell(weights[0].length);
  const largest = Math.max(...weights.flat().map(Math.abs)) || 1;
  const titles = words.flat();
  return weights.flat().map((weight, i) => {
    const sign = weight < 0 ? "minus" : weight > 0 ? "plus" : "none";
    const style = `--strength:${tintStrength(weight, largest)}`;
    return make(
      "span",
      { class: `cell ${sign}`, title: titles[i], style },
      withMinus(shortenNumber(titles[i], letters)),
    );
  });
}

/** @type {(label: string, role: string, columns: number, cells: HTMLElement[]) => HTMLElement} */
function buildGrid(label, role, columns, cells) {
  // hidden from screen readers: the sum below says the same in words
  const grid = make("div", { class: `grid ${role}`, style: `--k:${columns}`, "aria-hidden": "true" }, ...cells);
  return make("div", { class: "block" }, make("span", { class: "label" }, label), grid);
}

/** @type {(cell: HTMLElement, value: number, channel: number, channels: number) => void} */
function paintCell(cell, value, channel, channels) {
  const colour = channels === 1 ? [value, value, value] : [0, 1, 2].map((i) => (i === channel ? value : 0));
  const brightness = channels === 1 ? value : value * BRIGHTNESS[channel];
  cell.textContent = String(value);
  cell.style.background = `rgb(${colour.join(",")})`;
  cell.style.color = brightness > LIGHT ? "#000" : "#fff";
}
