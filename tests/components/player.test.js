// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { Editing, Outbox } from "../../pages/components/player/editing.js";
import { readLink, withState } from "../../pages/components/player/link.js";
import { groupTerms, windowWidth } from "../../pages/components/player/panel.js";
import { Playback } from "../../pages/components/player/playback.js";
import { Prediction } from "../../pages/components/player/predict.js";
import { findSpans, Stage } from "../../pages/components/player/stage.js";
import { nextUnsolved, stepThroughLoops } from "../../pages/components/player/stepping.js";
import { NO_CELL, PlayedTrace } from "../../pages/components/player/trace.js";
import { openDocument, readFixture } from "./helpers.js";

/** @type {import("../../pages/components/payloads.d.ts").PlayerPayload} */
const data = readFixture("player");
const trace = new PlayedTrace(data);

// ---- the trace ------------------------------------------------------------------------------------------------------

test("a step has the terms that lie between its own first and the next one's", () => {
  for (let i = 0; i < trace.count; i++) {
    const step = trace.step(i);
    assert.equal(step.terms.length, data.first[i + 1] - data.first[i]);
    assert.deepEqual(
      step.terms.map((term) => term.left),
      data.terms.left.slice(data.first[i], data.first[i + 1]),
    );
    assert.ok(step.terms.every((term) => term.origin === NO_CELL));
  }
});

test("the products of a step add up to its total, with its bias", () => {
  /** @param {string} text */
  const read = (text) => Number(text.replace("−", "-"));
  const biases = trace.gridOf.bias.texts.map(read);
  for (let i = 0; i < trace.count; i++) {
    const step = trace.step(i);
    const sum = step.terms.reduce((total, term) => total + read(term.product), biases[step.bias_at]);
    assert.equal(sum, read(step.total));
  }
});

test("every cell knows the terms that read it", () => {
  for (const [cell, uses] of trace.usesOf[trace.left]) {
    for (const [step, term] of uses) assert.equal(trace.step(step).terms[term].left, cell);
  }
  const count = [...trace.usesOf[trace.left].values()].reduce((sum, uses) => sum + uses.length, 0);
  assert.equal(count, data.terms.left.length);
});

test("the steps of a filter stand on its page, and none lies below the last row", () => {
  const { rows, columns } = trace.gridOf[trace.writes];
  const pages = data.steps.map((_, i) => trace.pageOf(i));
  assert.deepEqual(pages, [...Array(rows * columns).fill(0), ...Array(rows * columns).fill(1)]);
  assert.equal(trace.stepBelow(0, 1), columns);
  assert.equal(trace.stepBelow(0, -1), undefined);
  assert.equal(trace.stepBelow((rows - 1) * columns, 1), undefined);
});

test("places are counted from 1, from the corner of a larger map where there is one", () => {
  const cut = new PlayedTrace({ ...data, corner: { output: [4, 2] } });
  assert.match(trace.describePlace("output", 0), /row 1, column 1$/);
  assert.match(cut.describePlace("output", 0), /row 5, column 3$/);
});

test("the padding is what lies around the input", () => {
  const grid = trace.gridOf.input;
  const inside = grid.texts.filter((_, index) => !trace.isPadding(grid, index));
  assert.equal(inside.length, 2 * (grid.rows - 2) * (grid.columns - 2));
});

// ---- drawing --------------------------------------------------------------------------------------------------------

test("terms are grouped by channel, as many to a row as the window is wide", () => {
  const { rows, columns } = trace.gridOf[trace.left];
  const { terms } = trace.step(0);
  assert.deepEqual(groupTerms(terms, rows * columns), [
    { plane: 0, from: 0, to: 4 },
    { plane: 1, from: 4, to: 8 },
  ]);
  assert.equal(windowWidth(terms.slice(0, 4), columns), 2);
  assert.equal(windowWidth(terms.slice(0, 1), columns), 1);
});

test("the window's outline spans its first to its last row and column on each channel", () => {
  const spans = findSpans(trace.step(1).terms, trace.gridOf[trace.left]);
  const span = { top: 0, bottom: 1, left: 2, right: 3 };
  assert.deepEqual(
    [...spans],
    [
      [0, span],
      [1, span],
    ],
  );
});

// ---- stepping and playing -------------------------------------------------------------------------------------------

test("through loops it goes product by product, over the ends of a step", () => {
  const size = { terms: 2, count: 3 };
  assert.deepEqual(stepThroughLoops({ step: 0, done: 0 }, 1, size), { step: 0, done: 1 });
  assert.deepEqual(stepThroughLoops({ step: 0, done: 2 }, 1, size), { step: 1, done: 0 });
  assert.deepEqual(stepThroughLoops({ step: 0, done: null }, 1, size), { step: 1, done: 0 });
  assert.deepEqual(stepThroughLoops({ step: 1, done: 0 }, -1, size), { step: 0, done: null });
  assert.deepEqual(stepThroughLoops({ step: 0, done: 0 }, -1, size), { step: 0, done: 0 });
  assert.deepEqual(stepThroughLoops({ step: 2, done: 2 }, 1, size), { step: 2, done: 2 });
});

test("the next unsolved step is looked for round and round", () => {
  assert.equal(nextUnsolved(1, 3, new Set([1, 2])), 0);
  assert.equal(nextUnsolved(0, 2, new Set([0, 1])), null);
});

test("playing shows a step at once, then at its pace, and stops at the end", (context) => {
  context.mock.timers.enable({ apis: ["setInterval"] });
  /** @type {(string | number)[]} */
  const log = [];
  let step = 0;
  const playback = new Playback({
    speed: () => 2,
    isAtEnd: () => step === 2,
    begin: () => log.push("begin"),
    tick: () => log.push(++step),
    note: (isPlaying) => log.push(isPlaying ? "on" : "off"),
  });
  playback.toggle();
  assert.deepEqual(log, ["begin", "on", 1]);
  context.mock.timers.tick(124);
  assert.equal(step, 1);
  context.mock.timers.tick(500);
  assert.deepEqual(log, ["begin", "on", 1, 2, "off"]);
  assert.equal(playback.isOn, false);
});

// ---- the link -------------------------------------------------------------------------------------------------------

test("the link says the step from 1 on and the mode, and leaves out how a page begins", () => {
  assert.deepEqual(readLink("?step=7&predict=1"), { step: 6, isPredicting: true });
  assert.deepEqual(readLink("?step=x"), { step: 0, isPredicting: false });
  assert.equal(withState("http://a/b?c=d", { step: 6, isPredicting: true }), "http://a/b?c=d&step=7&predict=1");
  assert.equal(withState("http://a/b?step=7&predict=1", { step: 0, isPredicting: false }), "http://a/b");
});

// ---- predicting -----------------------------------------------------------------------------------------------------

test("a right answer solves a step, at the first try if there was neither a wrong one nor a hint", () => {
  const prediction = new Prediction();
  prediction.isOn = true;
  const [first, second] = data.steps;
  assert.ok(prediction.isOpen(0));
  assert.equal(prediction.check(0, first.total, { total: first.total, slips: [] }), null);
  assert.equal(prediction.isOpen(0), false);
  assert.match(prediction.check(1, "999", { total: second.total, slips: [] }) ?? "", /^Not 999\. /);
  assert.equal(prediction.check(1, ` ${second.total} `, { total: second.total, slips: [] }), null);
  assert.equal(prediction.describeScore(trace.count), `2 of ${trace.count} found, 1 at the first try`);
});

test("a likely mistake gets its own sentence", () => {
  const step = (data.slips ?? []).findIndex((slips) => slips.length);
  const slips = data.slips?.[step] ?? [];
  const verdict = new Prediction().check(step, slips[0][0], { total: data.steps[step].total, slips });
  assert.equal(verdict, `Not yet: ${slips[0][1]}`);
});

test("what is no number is no try", () => {
  const prediction = new Prediction();
  assert.match(prediction.check(0, "seven", { total: "7", slips: [] }) ?? "", /^Type a number/);
  assert.equal(prediction.tried.size, 0);
  assert.equal(prediction.check(0, "63/9", { total: "7", slips: [] }), null);
  assert.equal(prediction.check(1, "0,3333", { total: "0.3333", slips: [] }), null);
});

test("hints work out one product after the other", () => {
  const prediction = new Prediction();
  assert.deepEqual(
    [1, 2, 3].map(() => prediction.giveHint(4, 2)),
    [true, true, false],
  );
  assert.equal(prediction.hints.get(4), 2);
});

// ---- editing --------------------------------------------------------------------------------------------------------

test("an edit is sent again with the next until Python has seen it", () => {
  /** @type {import("../../pages/components/payloads.d.ts").PlayerEdit[][]} */
  const sent = [];
  const outbox = new Outbox((edits) => sent.push([...edits]));
  outbox.send({ grid: "input", cells: [[0, "1"]] });
  outbox.send({ grid: "input", cells: [[1, "2"]] });
  assert.deepEqual(
    sent.map((edits) => edits.length),
    [1, 2],
  );
  outbox.noteSeen(sent[0][0].number);
  outbox.send({ grid: "kernel", block: "1 2; 3 4" });
  assert.deepEqual(
    sent[2].map((edit) => edit.grid),
    ["input", "kernel"],
  );
});

/** Return an editing of the fixture's grids, the cells that it moved to, and the edits that it sent. */
function startEditing() {
  const root = openDocument();
  const stage = new Stage(trace, false);
  stage.load(trace, false);
  root.append(stage.element);
  /** @type {any[]} */
  const [moves, sent] = [[], []];
  const editing = new Editing(trace, stage, {
    post: (edits) => sent.push(edits[edits.length - 1]),
    move: (target) => moves.push(target),
  });
  return { editing, stage, moves, sent };
}

const { columns } = trace.gridOf.input;
const first = { grid: "input", index: columns + 1 }; // inside the padding

test("cells can be edited where the page says so, but not the padding", () => {
  const { editing } = startEditing();
  assert.equal(editing.canEdit(first), true);
  assert.equal(editing.canEdit({ grid: "input", index: 0 }), false);
  assert.equal(editing.canEdit({ grid: "output", index: 0 }), false);
  assert.equal(editing.canEdit(null), false);
  assert.deepEqual(editing.neighbourOf(first, 1, 1), { grid: "input", index: 2 * columns + 2 });
  assert.equal(editing.neighbourOf(first, -1, 0), null);
});

test("what is typed is sent when the cell is left by Enter, and the cell below is next", () => {
  const { editing, stage, moves, sent } = startEditing();
  editing.open(first, "5");
  const input = /** @type {any} */ (editing.opened?.input);
  assert.equal(stage.cells.input[first.index].querySelector("input"), input);
  const key = { key: "Enter", shiftKey: false, stopPropagation() {}, preventDefault() {} };
  input.onkeydown(key);
  assert.equal(stage.cells.input[first.index].textContent, "5");
  assert.deepEqual(
    sent.map((/** @type {any} */ edit) => [edit.grid, edit.cells]),
    [["input", [[first.index, "5"]]]],
  );
  assert.deepEqual(moves, [{ grid: "input", index: first.index + columns }]);
});

test("Escape leaves the cell as it was", () => {
  const { editing, stage, moves, sent } = startEditing();
  const before = stage.cells.input[first.index].textContent;
  editing.open(first, "5");
  const input = /** @type {any} */ (editing.opened?.input);
  input.onkeydown({ key: "Escape", stopPropagation() {}, preventDefault() {} });
  assert.equal(stage.cells.input[first.index].textContent, before);
  assert.deepEqual([moves, sent], [[first], []]);
});

test("a pasted block fills cells where it fits, else it becomes the matrix", () => {
  const { editing, sent } = startEditing();
  editing.paste(first, "1\t2\n3\t4");
  const places = [columns + 1, columns + 2, 2 * columns + 1, 2 * columns + 2];
  assert.deepEqual(
    sent[0].cells,
    places.map((place, i) => [place, String(i + 1)]),
  );
  editing.paste(first, "1 2 3 4 5 6 7 8 9");
  assert.equal(sent[1].block, "1 2 3 4 5 6 7 8 9");
  editing.paste({ grid: "output", index: 0 }, "1");
  assert.equal(sent.length, 2);
});
