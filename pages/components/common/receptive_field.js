// @ts-check
// Back through the network from one value: what it is made of, layer by layer, and so its receptive field. Python knows
// the same (cnn_core.insight.graph); here it is followed in the frame in which the pointer moves. Fixtures that Python
// writes prove the two equal: tests/components/receptive_field.test.js.

/** @import { GraphNode, NodeWindows } from "../payloads.d.ts" */
/** @import { Box } from "./paint.js" */
import { range } from "./numbers.js";

/**
 * @typedef {object} Extent some of a layer's values: maps first … last (one past the end), in each these rows, columns
 * @property {number} first
 * @property {number} last
 * @property {number[]} rows
 * @property {number[]} columns
 */
/** @typedef {[number, number, ...Box]} Hull maps first … last, then the box around what is seen of them */
/** @typedef {Map<number, Hull>} Seen what a value is made of, by the place of a node in the graph */
/** @typedef {Pick<GraphNode, "maps" | "size" | "inputs" | "rule" | "windows">} Node */

/**
 * Return all values of a node.
 * @param {Node} node
 * @returns {Extent}
 */
function wholeExtent(node) {
  return { first: 0, last: node.maps, rows: range(node.size[0]), columns: range(node.size[1]) };
}

/**
 * Return the input rows (or columns) that the windows of these outputs read, in order.
 * @param {NodeWindows} windows
 * @param {number[]} outputs
 */
export function cellsRead({ ends, step }, outputs) {
  /** @type {Set<number>} */
  const cells = new Set();
  for (const output of outputs) {
    for (let cell = ends[output][0]; cell < ends[output][1]; cell += step) cells.add(cell);
  }
  return [...cells].sort((a, b) => a - b);
}

/**
 * Return an extent of each input of a node, null where it takes no part.
 * @param {Node[]} nodes
 * @param {Node} node
 * @param {Extent} extent
 * @returns {(Extent | null)[]}
 */
function inputsOf(nodes, node, extent) {
  const { kind, numbers } = node.rule;
  const inputs = node.inputs.map((place) => nodes[place]);
  if (kind === "all") return inputs.map(wholeExtent);
  if (kind === "flatten") return [unflatten(inputs[0], numbers, extent)];
  if (kind === "stack") return splitStack(numbers, extent);
  const [first, last] = kind === "group" ? groupMaps(numbers, extent) : [extent.first, extent.last];
  const [rows, columns] = node.windows
    ? [cellsRead(node.windows[0], extent.rows), cellsRead(node.windows[1], extent.columns)]
    : [extent.rows, extent.columns];
  return inputs.map(() => (rows.length && columns.length ? { first, last, rows, columns } : null));
}

/**
 * Return of each branch the maps that stand in the extent, counted from the branch's own first.
 * @param {number[]} counts maps of each branch
 * @param {Extent} extent
 */
function splitStack(counts, extent) {
  let offset = 0;
  return counts.map((count) => {
    const first = Math.max(extent.first - offset, 0);
    const last = Math.min(extent.last - offset, count);
    offset += count;
    return first < last ? { ...extent, first, last } : null;
  });
}

/**
 * Return the input maps that a convolution's maps read: those of their groups.
 * @param {number[]} sizes output maps and input maps of a group
 * @param {Extent} extent
 */
function groupMaps([outputs, inputs], extent) {
  return [Math.floor(extent.first / outputs) * inputs, (Math.floor((extent.last - 1) / outputs) + 1) * inputs];
}

/**
 * Return the place of one unit in the maps before it; all of each map that several units come from.
 * @param {Node} source
 * @param {number[]} size
 * @param {Extent} extent
 */
function unflatten(source, [height, width], extent) {
  const area = height * width;
  const first = Math.floor(extent.first / area);
  const last = Math.floor((extent.last - 1) / area) + 1;
  if (extent.last - extent.first > 1) return { ...wholeExtent(source), first, last };
  const inside = extent.first % area;
  return { first, last, rows: [Math.floor(inside / width)], columns: [inside % width] };
}

/** @type {(inner: Extent, outer: Extent) => boolean} */
const liesWithin = (inner, outer) =>
  inner.first >= outer.first &&
  inner.last <= outer.last &&
  inner.rows.every((row) => outer.rows.includes(row)) &&
  inner.columns.every((column) => outer.columns.includes(column));

/**
 * Return the smallest box around some extents.
 * @param {Extent[]} extents
 * @returns {Hull}
 */
function hullOf(extents) {
  const rows = extents.flatMap((one) => [one.rows[0], one.rows[one.rows.length - 1]]);
  const columns = extents.flatMap((one) => [one.columns[0], one.columns[one.columns.length - 1]]);
  const first = Math.min(...extents.map((one) => one.first));
  const last = Math.max(...extents.map((one) => one.last));
  return [first, last, Math.min(...rows), Math.max(...rows) + 1, Math.min(...columns), Math.max(...columns) + 1];
}

/**
 * Return what one value is made of, in every node that it sees: the one at `row` and `column` of a map of node `start`.
 * @param {Node[]} nodes in the order in which they run
 * @param {number} start
 * @param {number} map
 * @param {number} row
 * @param {number} column
 * @returns {Seen}
 */
export function traceValue(nodes, start, map, row, column) {
  /** @type {Map<number, Extent[]>} */
  const seen = new Map([[start, [{ first: map, last: map + 1, rows: [row], columns: [column] }]]]);
  for (let place = start; place >= 0; place--) {
    for (const extent of seen.get(place) ?? []) {
      inputsOf(nodes, nodes[place], extent).forEach((input, i) => {
        if (!input) return;
        const source = nodes[place].inputs[i];
        const known = seen.get(source) ?? [];
        if (known.some((other) => liesWithin(input, other))) return;
        seen.set(source, [...known.filter((other) => !liesWithin(other, input)), input]);
      });
    }
  }
  return new Map([...seen].map(([place, extents]) => [place, hullOf(extents)]));
}
