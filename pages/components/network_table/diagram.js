// @ts-check
// The diagram of a network: a box for each layer, its face as high as a map, its width their number, both toned down so
// that all fit.

/** @import { NetworkBox } from "../payloads.d.ts" */
import { draw, make } from "../common/dom.js";

const HEIGHT = 110; // px of the tallest box
const SLANT = 0.16; // how far a box goes back, as a part of its height
const GAP = 7; // px between boxes
const TOP = 16; // px above the tallest box, for its height in words
const BOTTOM = 32; // px below the boxes, for channels and names
const BASE = HEIGHT * (1 + SLANT) + TOP; // px from the top to where the boxes stand
const MARGIN = 10; // px before the first box
const LEGEND = {
  input: "input",
  conv: "convolution",
  pool: "pooling",
  linear: "linear",
  sum: "residual block",
  stack: "branches",
  other: "other",
};
/** @type {Record<string, string | undefined>} */
const SIGNS = { sum: "+", stack: "∥" };

/** @typedef {{ x: number, width: number, height: number, slant: number }} Place of a box, in px */

/**
 * Return where each box stands in a diagram of so many px, and where the last one ends.
 * @param {NetworkBox[]} boxes
 * @param {number} room
 */
export function placeBoxes(boxes, room) {
  const tallest = Math.max(...boxes.map((box) => box.height), 1);
  const widths = boxes.map((box) => 6 + 6 * Math.log2(1 + box.depth));
  const slants = boxes.map((box) => SLANT * Math.max(8, Math.sqrt(box.height / tallest) * HEIGHT));
  const fixed = slants.reduce((sum, slant) => sum + slant + GAP, MARGIN + 2);
  const scale = Math.max(0.35, Math.min(1.4, (room - fixed) / widths.reduce((sum, width) => sum + width, 0)));
  let x = MARGIN;
  const places = boxes.map((_, i) => {
    const place = { x, width: widths[i] * scale, height: slants[i] / SLANT, slant: slants[i] };
    x += place.width + place.slant + GAP;
    return place;
  });
  return { places, end: x };
}

/**
 * Draw the diagram with its legend.
 * @param {NetworkBox[]} boxes
 * @param {{ alt: string, chosen: string, room: number, choose: (path: string) => void }} settings
 */
export function drawDiagram(boxes, { alt, chosen, room, choose }) {
  const { places, end } = placeBoxes(boxes, room);
  const svg = draw("svg", { role: "img", "aria-label": alt, width: end, height: BASE + BOTTOM });
  boxes.forEach((box, i) => {
    const group = drawBox(box, places[i], box.path !== "" && box.path === chosen);
    if (box.path) group.onclick = () => choose(box.path);
    svg.append(group);
  });
  return make("div", {}, make("div", { class: "diagram" }, svg), buildLegend(boxes));
}

/** @type {(box: NetworkBox, place: Place, isChosen: boolean) => SVGGElement} */
function drawBox(box, { x, width, height, slant }, isChosen) {
  const top = BASE - height;
  const title = draw("title", {}, box.shape ? `${box.name}: ${box.shape}` : box.name);
  const side = `M${x} ${top}l${slant} ${-slant}h${width}v${height}l${-slant} ${slant}v${-height}z`;
  const edge = `M${x + width} ${top}L${x + width + slant} ${top - slant}`;
  return draw(
    "g",
    { class: `box ${box.role}${isChosen ? " chosen" : ""}` },
    title,
    draw("path", { class: "side", d: side }),
    draw("rect", { x, y: top, width, height }),
    draw("path", { class: "edge", d: edge }),
    ...drawWords(box, { x, width, height, slant }),
  );
}

/** @type {(box: NetworkBox, place: Place) => SVGTextElement[]} only words that have room beside their neighbours' */
function drawWords({ name, shape, role }, { x, width, height, slant }) {
  const top = BASE - height;
  const space = width + slant + GAP;
  const [channels, side] = shape.split("×");
  const sign = SIGNS[role];
  /** @type {(text: string, x: number, y: number, kind?: string) => SVGTextElement} */
  const write = (text, at, y, kind) => draw("text", { class: kind, x: at, y, "text-anchor": "middle" }, text);
  const words = sign ? [write(sign, x + width / 2, top + height / 2 + 5, "sign")] : [];
  if (6 * channels.length < space) words.push(write(channels, x + width / 2, BASE + 14));
  if (6.5 * name.length + 4 < space) words.push(write(name, x + width / 2, BASE + 28));
  if (side !== undefined && 6 * side.length + 4 < slant + width) {
    words.push(write(side, x + slant + width / 2, top - slant - 4));
  }
  return words;
}

/** @param {NetworkBox[]} boxes */
function buildLegend(boxes) {
  const items = Object.entries(LEGEND)
    .filter(([role]) => boxes.some((box) => box.role === role))
    .map(([role, text]) => make("span", {}, make("i", { class: role, "aria-hidden": "true" }), text));
  const sizes = boxes[0].shape ? make("span", {}, "above: height, below: channels") : null;
  return make("div", { class: "legend" }, ...items, sizes);
}
