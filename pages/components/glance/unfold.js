// @ts-check
// One map unfolded: each input map, its kernel, their product, the sum with the bias, and the layers right behind.

/** @import { GlancePayload, GraphNode, KernelPicture, MapPicture } from "../payloads.d.ts" */
/** @import { UnfoldedMapData, UnfoldedPart, UnfoldedUnitData } from "../payloads.d.ts" */
/** @import { Pair } from "../common/numbers.js" */
/** @import { Box } from "../common/paint.js" */
/** @import { Chosen } from "./columns.js" */
import { shortenNumber } from "../common/cells.js";
import { decodeBytes } from "../common/bytes.js";
import { pixelUnder } from "../common/canvas.js";
import { closest, find, findAll, focusedBeside, make } from "../common/dom.js";
import { ARROWS } from "../common/keys.js";
import { clamp, range, withMinus } from "../common/numbers.js";
import { colourOf, describeByte, inkOn, layBox, paintBytes, shareOf } from "../common/paint.js";
import { cellsRead } from "../common/receptive_field.js";

const CELL_LETTERS = 5; // that fit a weight's cell

/** @typedef {"input" | "kernel" | "product" | "output"} Role */

/**
 * @typedef {object} Figure a picture of the unfolded map
 * @property {string} name
 * @property {Role} role
 * @property {(unfolded: UnfoldedMapData) => MapPicture | KernelPicture} pick what it draws
 * @property {HTMLElement} element
 * @property {HTMLElement} frame
 * @property {HTMLCanvasElement} canvas
 * @property {HTMLElement} box
 * @property {HTMLElement} scale
 * @property {Uint8Array} bytes
 */

export class Unfold {
  /**
   * @param {GlancePayload} data
   * @param {{ choose: (at: Chosen) => void, close: () => void }} act
   */
  constructor(data, act) {
    this.data = data;
    this.act = act;
    this.palette = decodeBytes(data.palette);
    this.drawn = "";
    /** @type {GraphNode} the node that is unfolded */
    this.node = data.graph[0];
    /** @type {Pair | null} the chosen pixel of the map */
    this.chosen = null;
    /** @type {Pair | null} the pixel that is shown */
    this.at = null;
    /** @type {Figure[]} */
    this.figures = [];
    this.formula = make("p", { class: "formula" });
    this.words = make("p", { class: "words" });
    this.said = make("output", { class: "said", "aria-live": "polite" });
    this.bias = make("span", { class: "bias" });
    this.element = make("section", { class: "unfold" });
    this.element.onpointermove = (event) => this.mark(this.pixelAt(event) ?? this.chosen);
    this.element.onpointerleave = () => this.mark(this.chosen);
    this.element.onclick = (event) => this.onClick(event);
    this.element.onkeydown = (event) => this.onKey(event);
  }

  /** Return the map that is unfolded; null for units, and where nothing is. */
  get map() {
    const { unfolded } = this.data;
    return unfolded && "parts" in unfolded ? unfolded : null;
  }

  /** @param {GlancePayload} data */
  load(data) {
    const { unfolded, chosen } = data;
    this.data = data;
    this.element.hidden = !unfolded;
    if (!unfolded) {
      this.drawn = "";
      return;
    }
    this.node = data.graph[unfolded.node];
    this.chosen = chosen && chosen.row !== null && chosen.column !== null ? [chosen.row, chosen.column] : null;
    // the same map of another picture: drawn in place, so that nothing flickers and the focus stays
    const { map } = this;
    const titles = map && [map.parts.map((part) => part.title), map.after.map((one) => one.title)];
    const drawn = JSON.stringify([unfolded.title, titles]);
    if (drawn !== this.drawn || !map) this.build(unfolded);
    this.drawn = drawn;
    this.formula.textContent = `${this.node.flat ? "value" : "map"} = ${unfolded.formula}`;
    this.words.textContent = unfolded.words;
    if (map) this.fill(map);
    this.mark(this.chosen);
  }

  // ---- building ---------------------------------------------------------------------------------------------------

  /** @param {UnfoldedMapData | UnfoldedUnitData} unfolded */
  build(unfolded) {
    const focused = focusedBeside(this.element);
    const name = focused && this.element.contains(focused) ? focused.dataset.focus : undefined;
    const attributes = { type: "button", class: "close", "aria-label": "Close", "data-focus": "close" };
    const close = make("button", { ...attributes, onclick: () => this.act.close() }, "×");
    const head = make("div", { class: "top" }, make("h3", {}, unfolded.title), close);
    this.figures = [];
    const body = "parts" in unfolded ? this.buildMap(unfolded) : buildUnits(unfolded);
    this.element.setAttribute("aria-label", `${unfolded.title}, unfolded`);
    this.element.replaceChildren(head, this.formula, body, this.words, this.said);
    if (name) findAll(this.element, `[data-focus="${name}"]`)[0]?.focus();
  }

  /** @param {UnfoldedMapData} map */
  buildMap(map) {
    const parts = map.parts.map((part, i) => this.buildPart(part, i, map));
    const result = this.buildFigure("result", map.title.replace(/ of .*/, ""), "output", (now) => now.result);
    makeSteerable(result);
    const after = map.after.map(({ formula, title }, i) => {
      const step = make("span", { class: "step" }, make("b", {}, "→"), make("small", {}, formula));
      return [step, this.buildFigure(`after ${i}`, title, "output", (now) => now.after[i].picture).element];
    });
    const rest = map.rest && this.buildFigure("rest", "the others", "product", (now) => now.rest ?? now.result);
    const sum = make(
      "div",
      { class: "result" },
      map.is_sum && parts.length > 1 ? make("b", {}, "Σ above") : null,
      ...(rest ? [make("b", {}, "+"), rest.element] : []),
      this.bias,
      make("b", {}, map.is_sum ? "=" : "→"),
      result.element,
      ...after.flat(),
    );
    return make("div", { class: parts.length > 1 ? "sum" : "sum one" }, make("div", { class: "parts" }, ...parts), sum);
  }

  /** @type {(part: UnfoldedPart, i: number, map: UnfoldedMapData) => HTMLElement} */
  buildPart({ title, kernel, product }, i, { parts, is_sum: isSum }) {
    const row = make("div", { class: "part" });
    row.append(this.buildFigure(`values ${i}`, title, "input", (now) => now.parts[i].values).element);
    if (kernel) row.append(make("b", {}, "∗"), this.buildKernel(kernel, i));
    if (product) {
      const figure = this.buildFigure(`product ${i}`, "product", "product", (now) => now.parts[i].product ?? product);
      row.append(make("b", {}, "="), figure.element);
    }
    if (i < parts.length - 1 && isSum) row.append(make("b", { class: "plus" }, "+"));
    return row;
  }

  /** @type {(kernel: KernelPicture, i: number) => HTMLElement} */
  buildKernel(kernel, i) {
    const figure = this.buildFigure(`kernel ${i}`, "kernel", "kernel", (now) => now.parts[i].kernel ?? kernel);
    const [rows, columns] = kernel.picture;
    const style = `--rows:${rows};--columns:${columns}`;
    const cells = kernel.texts.map(() => make("span"));
    if (cells.length) figure.frame.append(make("span", { class: "cells", "aria-hidden": "true", style }, ...cells));
    return figure.element;
  }

  /** @type {(name: string, caption: string, role: Role, pick: Figure["pick"]) => Figure} */
  buildFigure(name, caption, role, pick) {
    const canvas = make("canvas", { role: "img" });
    const box = make("i", { class: "box" });
    const frame = make("span", { class: "frame" }, canvas, box);
    const scale = make("small");
    const kind = isChoosable(role) ? `${role} out` : role;
    const attributes = { class: kind, "data-name": name };
    const element = make("figure", attributes, make("figcaption", {}, caption), frame, scale);
    const figure = { name, role, pick, element, frame, canvas, box, scale, bytes: new Uint8Array() };
    this.figures.push(figure);
    return figure;
  }

  // ---- filling ----------------------------------------------------------------------------------------------------

  /** @param {UnfoldedMapData} map */
  fill(map) {
    this.bias.textContent = map.bias === null ? "" : `+ bias ${map.bias}`;
    for (const figure of this.figures) this.fillFigure(figure, figure.pick(map));
  }

  /**
   * @param {Figure} figure
   * @param {MapPicture | KernelPicture} picture
   */
  fillFigure(figure, picture) {
    const isOwnScale = this.data.scale === "map";
    const share = isOwnScale ? 1 : picture.share;
    figure.bytes = decodeBytes(picture.pixels);
    paintBytes(figure.canvas, figure.bytes, 0, picture.picture, share, this.palette);
    figure.element.style.setProperty("--aspect", `${picture.picture[1]} / ${picture.picture[0]}`);
    const caption = find(figure.element, "figcaption").textContent;
    figure.canvas.setAttribute("aria-label", `${caption}, at most ${picture.limits[0]}`);
    figure.scale.textContent = `±${picture.limits[isOwnScale ? 0 : 1]}`;
    if (!("texts" in picture)) return;
    findAll(figure.frame, ".cells span").forEach((cell, i) => {
      const shade = shareOf(figure.bytes[i]) * share;
      cell.textContent = withMinus(shortenNumber(picture.texts[i], CELL_LETTERS));
      cell.title = picture.texts[i];
      cell.style.background = colourOf(shade, this.palette);
      cell.style.color = inkOn(shade, this.palette);
    });
  }

  // ---- showing a pixel --------------------------------------------------------------------------------------------

  /**
   * Show where a pixel of the map comes from, in every picture.
   * @param {Pair | null} at row and column
   */
  mark(at) {
    const { map } = this;
    this.at = at;
    if (!map) return;
    for (const figure of this.figures) {
      const box = at && boxIn(figure.role, this.node, at);
      figure.box.hidden = !box;
      if (box) layBox(figure.box, box, figure.pick(map).size);
    }
    this.said.textContent = this.describe(map, at);
  }

  /** @type {(map: UnfoldedMapData, at: Pair | null) => string} */
  describe(map, at) {
    if (!at) return this.node.windows ? "Click a pixel of the map: the sum that made it opens below." : "";
    /** @param {string} name */
    const value = (name) => {
      const figure = /** @type {Figure} */ (this.figures.find((one) => one.name === name));
      const picture = figure.pick(map);
      const place = Math.floor(at[0] / picture.every) * picture.picture[1] + Math.floor(at[1] / picture.every);
      return describeByte(figure.bytes[place], picture.limit);
    };
    const after = map.after.map(({ title }, i) => `, behind ${title.replace(/,.*/, "")} ${value(`after ${i}`)}`);
    return `Row ${at[0] + 1}, column ${at[1] + 1}: ${value("result")}${after.join("")}`;
  }

  // ---- pointer and keys -------------------------------------------------------------------------------------------

  /**
   * Return the pixel of the map under the pointer; null where there is none.
   * @param {MouseEvent} event
   * @returns {Pair | null}
   */
  pixelAt(event) {
    const { map } = this;
    const frame = closest(event, ".out .frame");
    const figure = this.figures.find((one) => one.frame === frame);
    if (!map || !figure) return null;
    const [row, column] = pixelUnder(event, figure.canvas);
    const { every } = figure.pick(map);
    return [row * every, column * every];
  }

  /** @param {MouseEvent} event */
  onClick(event) {
    const at = this.pixelAt(event);
    if (at) this.open(at);
  }

  /** @param {Pair} at */
  open(at) {
    const { unfolded } = this.data;
    if (!unfolded) return;
    this.chosen = at;
    this.mark(at);
    this.act.choose({ place: unfolded.node, map: unfolded.map, row: at[0], column: at[1] });
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    const { map } = this;
    if (!map || !closest(event, '[data-focus="result"]')) return;
    const arrow = ARROWS[event.key];
    if (arrow) {
      event.preventDefault();
      this.mark(stepPixel(this.at, arrow, map.result.size));
    } else if (event.key === "Enter" && this.at) {
      event.preventDefault();
      this.open(this.at);
    }
  }
}

/** @param {Role} role whether a click on such a picture chooses a pixel of the map */
const isChoosable = (role) => role === "product" || role === "output";

/** @param {Figure} figure whose pixels the arrow keys choose */
function makeSteerable({ frame, element }) {
  const caption = find(element, "figcaption").textContent;
  frame.tabIndex = 0;
  frame.setAttribute("role", "group");
  frame.dataset.focus = "result";
  frame.setAttribute("aria-label", `${caption}: arrow keys choose a pixel, Enter opens its sum`);
}

/**
 * Return the pixel beside another, inside a map; the first pixel where none was shown.
 * @param {Pair | null} at
 * @param {Pair} arrow
 * @param {Pair} size
 * @returns {Pair}
 */
export function stepPixel(at, arrow, size) {
  if (!at) return [0, 0];
  return [clamp(at[0] + arrow[0], 0, size[0] - 1), clamp(at[1] + arrow[1], 0, size[1] - 1)];
}

/**
 * Return the box that a pixel of a map has in one of its pictures: itself, or what its window reads of an input map;
 * null where it has none.
 * @param {Role} role
 * @param {Pick<GraphNode, "rule" | "windows">} node
 * @param {Pair} at row and column
 * @returns {Box | null}
 */
export function boxIn(role, { rule, windows }, [row, column]) {
  if (isChoosable(role)) return [row, row + 1, column, column + 1];
  if (role !== "input" || rule.kind === "flatten") return null;
  if (!windows) return [row, row + 1, column, column + 1];
  const [rows, columns] = [cellsRead(windows[0], [row]), cellsRead(windows[1], [column])];
  if (!rows.length || !columns.length) return null;
  return [rows[0], rows[rows.length - 1] + 1, columns[0], columns[columns.length - 1] + 1];
}

/**
 * Return the first and the last cell of a row of the table with blanks between them.
 * @param {string[]} ends
 * @param {number} count cells of a row
 */
export const padRow = ([first, last], count) => [first, ...range(Math.max(0, count - 2)).map(() => ""), last];

/**
 * Build the table of a unit: its terms, the others together, the bias, and the value.
 * @param {UnfoldedUnitData} unit
 */
function buildUnits({ lines, heads, others, value, bias }) {
  /** @type {(cells: string[], kind?: string) => HTMLElement} */
  const buildRow = ([name, ...cells], kind) => {
    const row = [make("th", { scope: "row" }, name), ...cells.map((cell) => make("td", {}, cell))];
    return make("tr", { class: kind }, ...row);
  };
  const rows = lines.map((line) => buildRow(line));
  if (others) rows.push(buildRow(padRow(others, heads.length)));
  if (bias !== null) rows.push(buildRow(padRow(["bias", bias], heads.length)));
  rows.push(buildRow(padRow(["value", value], heads.length), "total"));
  const head = make("tr", {}, ...heads.map((text) => make("th", { scope: "col" }, text)));
  const parts = [make("thead", {}, head), make("tbody", {}, ...rows)];
  return make("div", { class: "scroll" }, make("table", { "aria-label": "What the value is made of" }, ...parts));
}
