// @ts-check
// The columns: one a layer, its maps below each other, drawn again in place whenever the numbers change.

/** @import { GlancePayload, GraphNode, MapsColumn, UnitsColumn } from "../payloads.d.ts" */
/** @import { Pair } from "../common/numbers.js" */
/** @import { Box } from "../common/paint.js" */
/** @import { Seen } from "../common/receptive_field.js" */
import { decodeBytes } from "../common/bytes.js";
import { pixelUnder } from "../common/canvas.js";
import { closest, draw, find, findAll, focusedBeside, make } from "../common/dom.js";
import { ARROWS } from "../common/keys.js";
import { colourOf, describeByte, inkOn, layBox, paintBytes, paintPicture } from "../common/paint.js";

const MANY_MAPS = 8; // more of them stand two in a row
const NOT_A_NUMBER = "#969696"; // the grey of a unit that holds no number

/** @typedef {MapsColumn | UnitsColumn} GlanceColumn */
/** @typedef {{ place: number, map: number, row: number | null, column: number | null }} Chosen */
/** @typedef {{ place: number, map: number, row: number, column: number, value: string | null }} Pointed */

export class Columns {
  /**
   * @param {GlancePayload} data
   * @param {{ point: (at: Pointed | null) => void, choose: (at: Chosen) => void }} act
   */
  constructor(data, act) {
    this.data = data;
    this.act = act;
    this.palette = decodeBytes(data.palette);
    this.drawn = "";
    /** @type {Map<number, GlanceColumn>} by node */
    this.columns = new Map();
    /** @type {Map<number, Uint8Array>} the maps of a column, by node; units have none */
    this.bytes = new Map();
    /** @type {HTMLElement | null} the map that the Tab key comes to */
    this.focus = null;
    this.picture = make("canvas", { role: "img" });
    this.path = draw("path");
    this.lines = draw("svg", { "aria-hidden": "true" }, this.path);
    this.row = make("div", { class: "columns" });
    const label = "Layers, from the input to the probabilities";
    this.element = make("div", { class: "scroller", role: "group", "aria-label": label }, this.row);
    this.element.onpointermove = (event) => this.onPoint(event);
    this.element.onpointerleave = () => this.act.point(null);
    this.element.addEventListener("focusin", (event) => this.onFocus(event));
    this.element.onclick = (event) => this.onClick(event);
    this.element.onkeydown = (event) => this.onKey(event);
  }

  /** @param {GlancePayload} data */
  load(data) {
    this.data = data;
    this.columns = new Map(data.columns.map((column) => [column.node, column]));
    const nodes = data.graph.map((node) => [node.name, node.shape]);
    const drawn = JSON.stringify([nodes, data.columns.map((column) => [column.node, column.shown.length])]);
    if (drawn !== this.drawn) this.build();
    this.drawn = drawn;
    paintPicture(this.picture, data.picture.pixels, data.picture.size);
    this.picture.setAttribute("aria-label", data.picture.alt);
    this.bytes.clear();
    data.columns.forEach((column, i) => this.fillColumn(column, this.row.children[i]));
  }

  // ---- building ---------------------------------------------------------------------------------------------------

  build() {
    const place = this.focus?.dataset;
    const hadFocus = this.focus !== null && this.focus === focusedBeside(this.row);
    this.row.replaceChildren(...this.data.columns.map((column) => this.buildColumn(column)), this.lines);
    const kept = place && this.row.querySelector(`[data-node="${place.node}"][data-slot="${place.slot}"]`);
    this.focus = /** @type {HTMLElement} */ (kept ?? find(this.row, ".map"));
    this.focus.tabIndex = 0;
    if (hadFocus) this.focus.focus();
  }

  /** @param {GlanceColumn} column */
  buildColumn(column) {
    const node = this.data.graph[column.node];
    const maps = column.shown.map((_, slot) => buildMap(column.node, node.flat, slot));
    const many = !node.flat && maps.length > MANY_MAPS ? " many" : "";
    const body = make("div", { class: `maps${many}${node.flat ? " units" : ""}` }, ...maps);
    const strip = make("canvas", { class: "strip", "aria-hidden": "true" });
    const inside = node.flat ? make("div", { class: "flat" }, strip, body) : body;
    const isInput = node.inputs.length === 0;
    const whole = isInput ? make("div", { class: "whole" }, this.picture, make("i", { class: "box" })) : null;
    const label = `${node.title}, ${node.kind}, ${node.shape}`;
    const attributes = { class: "column", "data-node": column.node, role: "group", "aria-label": label };
    return make("div", attributes, buildHead(node), make("div", {}, whole, inside));
  }

  // ---- filling ----------------------------------------------------------------------------------------------------

  /**
   * @param {GlanceColumn} column
   * @param {Element} element
   */
  fillColumn(column, element) {
    const isOwnScale = this.data.scale === "map" && !("strip" in column);
    find(element, "small").textContent = isOwnScale ? "each its own scale" : `scale ±${column.limit}`;
    const buttons = findAll(element, ".map");
    buttons.forEach((button, slot) => {
      button.dataset.map = String(column.shown[slot]);
    });
    if ("strip" in column) this.fillUnits(column, buttons, find(element, "canvas"));
    else this.fillMaps(column, buttons, isOwnScale);
  }

  /** @type {(column: MapsColumn, buttons: HTMLElement[], isOwnScale: boolean) => void} */
  fillMaps(column, buttons, isOwnScale) {
    const node = this.data.graph[column.node];
    const [rows, columns] = column.picture;
    const bytes = decodeBytes(column.pixels);
    this.bytes.set(column.node, bytes);
    buttons.forEach((button, slot) => {
      const share = isOwnScale ? 1 : column.shares[slot];
      paintBytes(find(button, "canvas"), bytes, slot * rows * columns, column.picture, share, this.palette);
      button.style.setProperty("--aspect", `${columns} / ${rows}`);
      const number = column.shown[slot] + 1;
      find(button, ".label").textContent = isOwnScale ? `${number} ±${column.limits[slot]}` : String(number);
      const label = `${node.title}, map ${number} of ${node.maps}, at most ${column.limits[slot]}`;
      button.setAttribute("aria-label", label);
    });
  }

  /** @type {(column: UnitsColumn, buttons: HTMLElement[], strip: HTMLCanvasElement) => void} */
  fillUnits(column, buttons, strip) {
    const node = this.data.graph[column.node];
    paintBytes(strip, decodeBytes(column.strip.pixels), 0, column.strip.picture, 1, this.palette);
    buttons.forEach((button, slot) => {
      const share = column.shares[slot];
      const [name, value] = [column.labels[slot], column.texts[slot]];
      find(button, ".label").textContent = name;
      find(button, ".value").textContent = value;
      button.style.background = share === null ? NOT_A_NUMBER : colourOf(share, this.palette);
      button.style.color = share === null ? "#000" : inkOn(share, this.palette);
      const label = `${node.title}, unit ${column.shown[slot] + 1} of ${node.maps}, ${name}: ${value}`;
      button.setAttribute("aria-label", label);
    });
  }

  // ---- what is lit ------------------------------------------------------------------------------------------------

  /**
   * Light what a value is made of.
   * @param {Pointed | null} at the map that is pointed at or chosen
   * @param {Seen | null} seen
   * @param {Chosen | null} chosen
   */
  light(at, seen, chosen) {
    for (const element of findAll(this.row, ".column")) {
      const place = Number(element.dataset.node);
      const hull = seen?.get(place);
      if (hull) {
        const [, , ...box] = hull;
        layBox(element, /** @type {Box} */ (box), this.data.graph[place].size);
      }
      for (const button of findAll(element, ".map")) {
        const map = Number(button.dataset.map);
        const isChosen = chosen !== null && place === chosen.place && map === chosen.map;
        const isFeeding = hull !== undefined && place !== at?.place && map >= hull[0] && map < hull[1];
        button.classList.toggle("own", at !== null && place === at.place && map === at.map);
        button.classList.toggle("fed", isFeeding);
        button.classList.toggle("chosen", isChosen);
        button.setAttribute("aria-pressed", String(isChosen));
      }
      element.querySelector(".whole")?.classList.toggle("fed", hull !== undefined);
    }
    this.connect(at, seen);
  }

  /**
   * Draw a line from every map that feeds a value to its own.
   * @param {Pointed | null} at
   * @param {Seen | null} seen
   */
  connect(at, seen) {
    const target = at && this.findMap(at.place, at.map);
    /** @type {string[]} */
    const paths = [];
    if (target) {
      this.lines.setAttribute("width", String(this.row.scrollWidth));
      this.lines.setAttribute("height", String(this.row.scrollHeight));
      const origin = this.row.getBoundingClientRect();
      const end = target.getBoundingClientRect();
      const sources = [...new Set(this.data.graph[at.place].inputs)].filter((source) => seen?.has(source));
      for (const source of sources) {
        for (const button of findAll(this.row, `.map.fed[data-node="${source}"]`)) {
          paths.push(drawCurve(button.getBoundingClientRect(), end, origin));
        }
      }
    }
    this.path.setAttribute("d", paths.join(" "));
    this.lines.dataset.count = String(paths.length);
  }

  /** @type {(place: number, map: number) => HTMLElement | null} */
  findMap(place, map) {
    return this.row.querySelector(`.map[data-node="${place}"][data-map="${map}"]`);
  }

  /**
   * Scroll sideways until a column can be seen; the page itself stays where it is.
   * @param {number} place
   */
  bringIntoSight(place) {
    const column = this.row.querySelector(`.column[data-node="${place}"]`);
    if (!column) return;
    const [own, frame] = [column.getBoundingClientRect(), this.element.getBoundingClientRect()];
    if (own.right <= frame.right && own.left >= frame.left) return;
    this.element.scrollLeft += own.left - frame.left - frame.width / 2;
  }

  // ---- pointer and keys -------------------------------------------------------------------------------------------

  /**
   * Return the value of a map at a pixel of what is drawn, without one at its strongest pixel.
   * @param {HTMLElement} button
   * @param {Pair | null} [pixel]
   * @returns {Pointed}
   */
  valueAt(button, pixel = null) {
    const column = /** @type {GlanceColumn} */ (this.columns.get(Number(button.dataset.node)));
    const slot = Number(button.dataset.slot);
    const [place, map] = [column.node, Number(button.dataset.map)];
    if ("strip" in column) return { place, map, row: 0, column: 0, value: column.texts[slot] };
    const [rows, columns] = column.picture;
    const all = this.bytes.get(place) ?? new Uint8Array(slot + 1);
    const bytes = all.subarray(slot * rows * columns, (slot + 1) * rows * columns);
    const [row, across] = pixel ?? strongestPixel(bytes, columns);
    const value = describeByte(bytes[row * columns + across], column.own[slot]);
    return { place, map, row: row * column.every, column: across * column.every, value };
  }

  /** @param {PointerEvent} event */
  onPoint(event) {
    const button = closest(event, ".map");
    const canvas = button?.querySelector("canvas");
    this.act.point(button && this.valueAt(button, canvas ? pixelUnder(event, canvas) : null));
  }

  /** @param {FocusEvent} event */
  onFocus(event) {
    const button = closest(event, ".map");
    if (!button) return;
    if (this.focus) this.focus.tabIndex = -1;
    button.tabIndex = 0;
    this.focus = button;
    if (button.matches(":focus-visible")) this.act.point(this.valueAt(button));
  }

  /** @param {MouseEvent} event */
  onClick(event) {
    const button = closest(event, ".map");
    if (!button) return;
    this.act.choose({ place: Number(button.dataset.node), map: Number(button.dataset.map), row: null, column: null });
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    const button = closest(event, ".map");
    const arrow = ARROWS[event.key];
    if (!button || !arrow) return;
    event.preventDefault();
    const all = findAll(this.row, ".column");
    const own = /** @type {HTMLElement} */ (button.closest(".column"));
    const column = all[all.indexOf(own) + arrow[1]];
    const maps = column ? findAll(column, ".map") : [];
    const next = maps[Math.min(Number(button.dataset.slot), maps.length - 1) + arrow[0]];
    if (!next || next === button) return;
    next.focus();
    next.scrollIntoView({ block: "nearest", inline: "nearest" });
  }
}

/** @param {GraphNode} node */
function buildHead({ title, kind, shape }) {
  // a long name may break after each of its dots
  const words = title.split(/(?<=\.)/).flatMap((part) => [part, make("wbr")]);
  const parts = [make("h4", {}, ...words), make("span", {}, kind), make("span", { class: "shape" }, shape)];
  return make("div", { class: "head" }, ...parts, make("small"));
}

/** @type {(node: number, isUnit: boolean, slot: number) => HTMLButtonElement} */
function buildMap(node, isUnit, slot) {
  const label = make("span", { class: "label" });
  const frame = () => make("span", { class: "frame" }, make("canvas"), make("i", { class: "box" }));
  const inner = isUnit ? [label, make("span", { class: "value" })] : [frame(), label];
  const kind = isUnit ? "map unit" : "map";
  return make("button", { type: "button", class: kind, tabindex: -1, "data-node": node, "data-slot": slot }, ...inner);
}

/**
 * Return the row and column of the byte that lies farthest from 0, of those that are numbers.
 * @param {Uint8Array} bytes
 * @param {number} columns
 * @returns {Pair}
 */
export function strongestPixel(bytes, columns) {
  /** @param {number} byte */
  const strength = (byte) => (byte ? Math.abs(byte - 128) : 0);
  let best = 0;
  bytes.forEach((byte, i) => {
    if (strength(byte) > strength(bytes[best])) best = i;
  });
  return [Math.floor(best / columns), best % columns];
}

/** @type {(from: DOMRect, to: DOMRect, origin: DOMRect) => string} */
function drawCurve(from, to, origin) {
  const [x, y] = [from.right - origin.left, from.top + from.height / 2 - origin.top];
  const [u, v] = [to.left - origin.left, to.top + to.height / 2 - origin.top];
  const bend = Math.max(12, (u - x) / 2);
  return `M${x} ${y} C${x + bend} ${y} ${u - bend} ${v} ${u} ${v}`;
}
