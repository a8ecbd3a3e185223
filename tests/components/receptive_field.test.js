// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { cellsRead, traceValue } from "../../pages/components/common/receptive_field.js";
import { boxIn } from "../../pages/components/glance/unfold.js";
import { readFixture } from "./helpers.js";

const networks = readFixture("receptive_field");

for (const { title, graph, values } of networks) {
  test(`the network “${title}”: what ${values.length} values see is what Python says`, () => {
    for (const { place, map, row, column, seen } of values) {
      const traced = traceValue(graph, place, map, row, column);
      const where = `${graph[place].name}, map ${map}, row ${row}, column ${column}`;
      assert.deepEqual(Object.fromEntries([...traced].map(([source, hull]) => [source, hull])), seen, where);
    }
  });

  test(`the network “${title}”: the box of a pixel in an input map is what its window reads`, () => {
    let boxes = 0;
    for (const { place, row, column, seen } of values) {
      const node = graph[place];
      const hull = seen[node.inputs[0]];
      if (node.inputs.length !== 1 || !["group", "same"].includes(node.rule.kind) || !hull) continue;
      assert.deepEqual(boxIn("input", node, [row, column]), hull.slice(2));
      boxes += 1;
    }
    assert.ok(boxes > 10);
  });
}

test("the cells of several windows are read once, in order", () => {
  const windows = {
    ends: /** @type {[number, number][]} */ ([
      [0, 5],
      [2, 7],
    ]),
    step: 2,
  };
  assert.deepEqual(cellsRead(windows, [1, 0]), [0, 2, 4, 6]);
});

test("a window that lies in the padding reads nothing", () => {
  const windows = { ends: /** @type {[number, number][]} */ ([[0, 0]]), step: 1 };
  assert.deepEqual(cellsRead(windows, [0]), []);
  assert.equal(boxIn("input", { rule: { kind: "same", numbers: [] }, windows: [windows, windows] }, [0, 0]), null);
});
