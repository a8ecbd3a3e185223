// @ts-check
// Feature maps beside the input. The receptive field of the value that is pointed at is found here, in the same frame;
// a click or Enter tells Python which value to write out.

/** @import { FeatureMapsPayload, MapsColumn, MapChoice } from "../payloads.d.ts" */
/** @import { Pair } from "../common/numbers.js" */
/** @import { Box } from "../common/paint.js" */
/** @import { Seen } from "../common/receptive_field.js" */
import { decodeBytes } from "../common/bytes.js";
import { pixelUnder } from "../common/canvas.js";
import { closest, find, findAll, make } from "../common/dom.js";
import { ARROWS } from "../common/keys.js";
import { mountView } from "../common/mount.js";
import { clamp } from "../common/numbers.js";
import { describeByte, layBox, paintBytes, paintPicture } from "../common/paint.js";
import { traceValue } from "../common/receptive_field.js";

const HINT = "Point at a map: the orange box is what that value sees. Click: the sum that made it opens below.";

/** @typedef {{ place: number, map: number, row: number, column: number, value: string | null }} Value of a map */

class FeatureMaps {
  /**
   * @param {HTMLElement} root
   * @param {FeatureMapsPayload} data
   */
  constructor(root, data) {
    this.root = root;
    this.data = data;
    this.palette = decodeBytes(data.palette);
    this.drawn = "";
    /** @type {Map<number, Uint8Array>} the maps of a column, by its node */
    this.bytes = new Map();
    /** @type {Value | null} */
    this.pointed = null;
    /** @type {(picked: MapChoice) => void} */
    this.send = () => {};
    this.picture = make("canvas", { role: "img" });
    this.whole = make("div", { class: "whole" }, this.picture, make("i", { class: "box" }));
    this.status = make("output", { class: "status", "aria-live": "polite" });
    this.layers = make("div", { class: "layers" });
    const side = make("div", { class: "side" }, make("div", {}, make("h4", {}, "input"), this.whole), this.status);
    root.append(side, this.layers);
    this.listen();
  }

  listen() {
    this.layers.onpointermove = (event) => this.onPoint(event);
    this.layers.onpointerleave = () => this.point(null);
    this.layers.addEventListener("focusin", (event) => this.onFocus(event));
    this.layers.onclick = (event) => this.onClick(event);
    this.layers.onkeydown = (event) => this.onKey(event);
  }

  /** @param {FeatureMapsPayload} data */
  load(data) {
    this.data = data;
    paintPicture(this.picture, data.picture.pixels, data.picture.size);
    this.picture.setAttribute("aria-label", data.picture.alt);
    const drawn = JSON.stringify(data.columns.map((c) => [c.node, c.shown.length, data.graph[c.node].name, c.picture]));
    if (drawn !== this.drawn) {
      this.layers.replaceChildren(...data.columns.map((column) => this.buildLayer(column)));
      this.pointed = null;
      findAll(this.layers, "button")[0]?.setAttribute("tabindex", "0");
    }
    this.drawn = drawn;
    data.columns.forEach((column, i) => this.fillLayer(column, this.layers.children[i]));
    this.point(this.pointed);
    this.root.dataset.shown = data.shown;
  }

  /** @param {MapsColumn} column */
  buildLayer(column) {
    const { title, kind, shape } = this.data.graph[column.node];
    const words = [make("h4", {}, title), make("span", {}, `${kind} · ${shape}`), make("small")];
    const maps = column.shown.map((_, slot) =>
      make(
        "button",
        { type: "button", tabindex: -1, "data-node": column.node, "data-slot": slot },
        make("span", { class: "frame" }, make("canvas"), make("i", { class: "box" })),
        make("span", { class: "label" }),
      ),
    );
    const label = `${title}, ${kind}, ${shape}`;
    const head = make("div", { class: "head" }, ...words);
    return make("section", { "aria-label": label }, head, make("div", { class: "maps" }, ...maps));
  }

  /**
   * @param {MapsColumn} column
   * @param {Element} element
   */
  fillLayer(column, element) {
    const node = this.data.graph[column.node];
    const isOwnScale = this.data.scale === "map";
    const [rows, columns] = column.picture;
    const bytes = decodeBytes(column.pixels);
    this.bytes.set(column.node, bytes);
    find(element, "small").textContent = isOwnScale ? "each its own scale" : `scale ±${column.limit}`;
    findAll(element, "button").forEach((button, slot) => {
      const number = column.shown[slot] + 1;
      const share = isOwnScale ? 1 : column.shares[slot];
      paintBytes(find(button, "canvas"), bytes, slot * rows * columns, column.picture, share, this.palette);
      button.style.setProperty("--aspect", `${columns} / ${rows}`);
      button.dataset.map = String(column.shown[slot]);
      find(button, ".label").textContent = isOwnScale ? `${number} ±${column.limits[slot]}` : String(number);
      const name = `${node.title}, map ${number} of ${node.maps}, at most ${column.limits[slot]}`;
      const keys = "Shift and arrow keys walk over its values, Enter writes one out";
      button.setAttribute("aria-label", `${name}. ${keys}`);
    });
  }

  // ---- values -----------------------------------------------------------------------------------------------------

  /** @param {HTMLElement} button */
  columnOf(button) {
    const column = this.data.columns.find(({ node }) => node === Number(button.dataset.node));
    return /** @type {MapsColumn} */ (column);
  }

  /**
   * Return the value of a map at a pixel of what is drawn.
   * @param {HTMLElement} button
   * @param {Pair} pixel row and column
   * @returns {Value}
   */
  valueAt(button, [row, across]) {
    const column = this.columnOf(button);
    const slot = Number(button.dataset.slot);
    const [rows, columns] = column.picture;
    const byte = this.bytes.get(column.node)?.[(slot * rows + row) * columns + across] ?? 0;
    const place = { place: column.node, map: column.shown[slot] };
    const value = describeByte(byte, column.own[slot]);
    return { ...place, row: row * column.every, column: across * column.every, value };
  }

  /** @param {HTMLElement} button */
  middleValue(button) {
    const [rows, columns] = this.columnOf(button).picture;
    return this.valueAt(button, [Math.floor(rows / 2), Math.floor(columns / 2)]);
  }

  // ---- showing ----------------------------------------------------------------------------------------------------

  /**
   * Show what a value sees: the one pointed at, else the chosen one.
   * @param {Value | null} at
   */
  point(at) {
    const { chosen, graph } = this.data;
    this.pointed = at;
    const resting = chosen && { ...chosen, place: chosen.node, value: null };
    const shown = at ?? resting;
    const seen = shown && traceValue(graph, shown.place, shown.map, shown.row, shown.column);
    for (const button of findAll(this.layers, "button")) this.lightMap(button, shown, seen);
    const [, , ...field] = seen?.get(0) ?? [];
    this.showField(/** @type {Box | []} */ (field), shown);
  }

  /**
   * Light a map that is shown, chosen, or part of what the shown value is made of.
   * @param {HTMLElement} button
   * @param {Value | null} shown
   * @param {Seen | null} seen
   */
  lightMap(button, shown, seen) {
    const { chosen, graph } = this.data;
    const [place, map] = [Number(button.dataset.node), Number(button.dataset.map)];
    const isChosen = chosen !== null && place === chosen.node && map === chosen.map;
    const hull = place === shown?.place ? undefined : seen?.get(place);
    button.classList.toggle("on", false);
    button.classList.toggle("fed", hull !== undefined && map >= hull[0] && map < hull[1]);
    button.classList.toggle("chosen", isChosen);
    button.setAttribute("aria-pressed", String(isChosen));
    if (!shown || place !== shown.place || map !== shown.map) return;
    button.classList.toggle("on", true);
    /** @type {Box} */
    const box = [shown.row, shown.row + 1, shown.column, shown.column + 1];
    layBox(find(button, ".frame"), box, graph[place].size);
  }

  /**
   * @param {Box | []} field rows and columns of the input; none where nothing of it is seen
   * @param {Value | null} shown
   */
  showField(field, shown) {
    const { graph } = this.data;
    this.whole.classList.toggle("on", field.length > 0);
    if (field.length) layBox(this.whole, field, graph[0].size);
    this.root.dataset.field = field.join(" ");
    this.root.dataset.at = shown ? [graph[shown.place].name, shown.map, shown.row, shown.column].join(" ") : "";
    this.status.textContent = shown ? `${this.describe(shown)} ${describeField(field)}` : HINT;
  }

  /** @param {Value} shown */
  describe({ place, map, row, column, value }) {
    const where = `${this.data.graph[place].title}, map ${map + 1}, row ${row + 1}, column ${column + 1}`;
    return `${where}${value === null ? "" : `: ${value}`}.`;
  }

  // ---- pointer and keys -------------------------------------------------------------------------------------------

  /** @param {PointerEvent} event */
  onPoint(event) {
    const button = closest(event, "button");
    this.point(button && this.valueAt(button, pixelUnder(event, find(button, "canvas"))));
  }

  /** @param {FocusEvent} event */
  onFocus(event) {
    const button = closest(event, "button");
    if (!button) return;
    findAll(this.layers, 'button[tabindex="0"]').forEach((other) => other.setAttribute("tabindex", "-1"));
    button.setAttribute("tabindex", "0");
    if (button.matches(":focus-visible")) this.point(this.middleValue(button));
  }

  /** @param {MouseEvent} event */
  onClick(event) {
    const button = closest(event, "button");
    if (!button) return;
    // a press of Enter has no place: it takes the value that the arrow keys are at
    const at = event.detail
      ? this.valueAt(button, pixelUnder(event, find(button, "canvas")))
      : (this.pointed ?? this.middleValue(button));
    const { place, map, row, column } = at;
    this.data.chosen = { node: place, map, row, column };
    this.point(at);
    this.send({ layer: this.data.graph[place].name, map, row, column });
  }

  /**
   * Walk over the maps with the arrow keys, with Shift over the values of a map.
   * @param {KeyboardEvent} event
   */
  onKey(event) {
    const arrow = ARROWS[event.key];
    const button = closest(event, "button");
    if (!arrow || !button) return;
    event.preventDefault();
    if (event.shiftKey) this.point(this.neighbourOf(this.pointed ?? this.middleValue(button), button, arrow));
    else this.focusBeside(button, arrow);
  }

  /** @type {(value: Value, button: HTMLElement, arrow: Pair) => Value} */
  neighbourOf({ row, column }, button, arrow) {
    const { every, picture } = this.columnOf(button);
    const [down, across] = [row, column].map((at, i) => clamp(at / every + arrow[i], 0, picture[i] - 1));
    return this.valueAt(button, [down, across]);
  }

  /** @type {(button: HTMLElement, arrow: Pair) => void} */
  focusBeside(button, [rows, columns]) {
    const all = findAll(this.layers, "button");
    const parent = /** @type {HTMLElement} */ (button.parentElement);
    const perRow = Math.max(1, Math.round(parent.clientWidth / button.clientWidth));
    const next = all[all.indexOf(/** @type {HTMLButtonElement} */ (button)) + rows * perRow + columns];
    next?.focus();
    if (next) this.point(this.middleValue(next));
  }
}

/** @param {Box | []} field */
function describeField(field) {
  if (!field.length) return "It sees nothing of the input.";
  const [top, bottom, left, right] = field;
  return `It sees ${bottom - top} × ${right - left} pixels of the input.`;
}

export default mountView(
  ".fields",
  (root, /** @type {FeatureMapsPayload} */ data) => new FeatureMaps(root, data),
  (maps, data, send) => {
    maps.send = (picked) => send("chosen", picked);
    maps.load(data);
  },
);
