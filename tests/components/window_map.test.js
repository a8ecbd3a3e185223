// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { listReaders, listTaps } from "../../pages/components/window_map/window_map.js";
import { readFixture } from "./helpers.js";

/** @type {{ axis: import("../../pages/components/payloads.d.ts").MapAxis, cells: number[][] }[]} */
const cases = readFixture("window_map");

cases.forEach(({ axis, cells }, i) => {
  test(`axis ${i}: each window reads the cells that Python says`, () => {
    assert.deepEqual(
      cells.map((_, out) => listTaps(axis, out)),
      cells,
    );
  });

  test(`axis ${i}: cells that no window reads are those that Python calls unvisited`, () => {
    const unread = [];
    for (let cell = 0; cell < axis.cells; cell++) if (!listReaders(axis, cell).length) unread.push(cell);
    const unvisited = axis.unvisited.flatMap(([first, count]) => Array.from({ length: count }, (_, k) => first + k));
    assert.deepEqual(unread, unvisited);
  });
});
