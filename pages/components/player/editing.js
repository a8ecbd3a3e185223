// @ts-check
// Cells edited where they stand: click one, type, arrow on; paste a block. Python keeps the numbers and checks them.

/** @import { PlayerEdit } from "../payloads.d.ts" */
/** @import { Pair } from "../common/numbers.js" */
/** @import { Stage } from "./stage.js" */
/** @import { PlayedTrace } from "./trace.js" */
import { readBlock } from "../common/cells.js";
import { make } from "../common/dom.js";
import { ARROWS } from "../common/keys.js";
import { withMinus } from "../common/numbers.js";

/** @typedef {{ grid: string, index: number }} Target a cell */

/** What is typed while Python is busy would replace what was typed before: every edit is sent until it is seen. */
export class Outbox {
  /** @param {(edits: PlayerEdit[]) => void} post */
  constructor(post) {
    this.post = post;
    this.number = Date.now(); // larger than any number that an earlier player of this page used
    /** @type {PlayerEdit[]} */
    this.unseen = [];
  }

  /** @param {Omit<PlayerEdit, "number">} edit */
  send(edit) {
    this.number += 1;
    this.unseen.push({ number: this.number, ...edit });
    this.post(this.unseen);
  }

  /** @param {number} number of the last edit that Python has made */
  noteSeen(number) {
    this.unseen = this.unseen.filter((edit) => edit.number > number);
  }
}

export class Editing {
  /**
   * @param {PlayedTrace} trace
   * @param {Stage} stage
   * @param {{ post: (edits: PlayerEdit[]) => void, move: (target: Target) => void }} on
   */
  constructor(trace, stage, { post, move }) {
    this.trace = trace;
    this.stage = stage;
    this.move = move;
    this.outbox = new Outbox(post);
    /** @type {{ target: Target, input: HTMLInputElement, before: string } | null} the cell that is open */
    this.opened = null;
  }

  /** @param {PlayedTrace} trace */
  load(trace) {
    this.trace = trace;
  }

  /**
   * Return whether a cell can be edited: padding cells cannot.
   * @param {Target | null} target
   */
  canEdit(target) {
    if (!target || !this.trace.editable.includes(target.grid)) return false;
    return !this.trace.isPadding(this.trace.gridOf[target.grid], target.index);
  }

  /**
   * Open a cell with what is in it, or with the first key of a new number.
   * @param {Target | null} target
   * @param {string | null} [text]
   */
  open(target, text = null) {
    if (!target || !this.canEdit(target)) return;
    this.close();
    const cell = this.stage.cells[target.grid][target.index];
    const before = cell.textContent ?? "";
    const label = cell.getAttribute("aria-label");
    const input = make("input", { type: "text", inputmode: "text", autocomplete: "off", "aria-label": label });
    input.value = text ?? before.replace("−", "-");
    input.onkeydown = (event) => this.onKey(event, target, input);
    input.onblur = () => this.close();
    input.onpointerdown = (event) => event.stopPropagation();
    this.opened = { target, input, before };
    cell.replaceChildren(input);
    input.focus({ preventScroll: true });
    if (text === null) input.select();
  }

  /**
   * Close the open cell and send what it holds.
   * @param {boolean} [keep] false to leave the cell as it was
   */
  close(keep = true) {
    if (!this.opened) return;
    const { input, target, before } = this.opened;
    this.opened = null;
    const text = input.value.trim();
    const isChanged = keep && text !== before.replace("−", "-");
    this.stage.cells[target.grid][target.index].textContent = isChanged ? withMinus(text) : before;
    if (isChanged) this.outbox.send({ grid: target.grid, cells: [[target.index, text]] });
  }

  /**
   * @param {KeyboardEvent} event
   * @param {Target} target
   * @param {HTMLInputElement} input
   */
  onKey(event, target, input) {
    event.stopPropagation();
    if (event.key === "Escape") {
      this.close(false);
      this.move(target);
      return;
    }
    const step = stepFrom(event, input);
    if (!step) return;
    event.preventDefault();
    const next = this.neighbourOf(target, ...step) ?? target;
    this.close();
    this.move(next);
  }

  /**
   * Return the editable cell so many rows and columns away in the same plane, if there is one.
   * @param {Target} target
   * @param {number} rows
   * @param {number} columns
   * @returns {Target | null}
   */
  neighbourOf({ grid, index }, rows, columns) {
    const { rows: height, columns: width } = this.trace.gridOf[grid];
    const area = height * width;
    const [row, column] = [Math.floor((index % area) / width) + rows, (index % width) + columns];
    if (row < 0 || row >= height || column < 0 || column >= width) return null;
    const target = { grid, index: Math.floor(index / area) * area + row * width + column };
    return this.canEdit(target) ? target : null;
  }

  /**
   * Fill the cells from one on with a block of text; one that does not fit becomes the whole matrix.
   * @param {Target | null} target
   * @param {string} text
   */
  paste(target, text) {
    const block = readBlock(text);
    if (!target || !this.canEdit(target) || !block.length) return;
    this.close(false);
    /** @type {[index: number, word: string][]} */
    const cells = [];
    block.forEach((row, i) =>
      row.forEach((word, j) => {
        const cell = this.neighbourOf(target, i, j);
        if (cell) cells.push([cell.index, word]);
      }),
    );
    const { grid } = target;
    if (cells.length === block.flat().length) this.outbox.send({ grid, cells });
    else this.outbox.send({ grid, block: block.map((row) => row.join(" ")).join("; ") });
  }
}

/**
 * Return where a key leads from an open cell: arrows sideways only from the ends of its text.
 * @param {KeyboardEvent} event
 * @param {HTMLInputElement} input
 * @returns {Pair | undefined}
 */
function stepFrom({ key, shiftKey }, { selectionStart, selectionEnd, value }) {
  if (key === "Enter") return [shiftKey ? -1 : 1, 0];
  if (key === "Tab") return [0, shiftKey ? -1 : 1];
  if (key === "ArrowLeft" && selectionStart !== 0) return undefined;
  if (key === "ArrowRight" && selectionEnd !== value.length) return undefined;
  return ARROWS[key];
}
