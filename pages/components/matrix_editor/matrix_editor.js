// @ts-check
// A grid of number cells. Python holds the truth as text; this sends the cells as they are typed and shows what comes
// back.

/** @import { MatrixEditorPayload } from "../payloads.d.ts" */
/** @import { Pair } from "../common/numbers.js" */
import { lettersPerCell, readBlock, readCell, shortenNumber, tintStrength } from "../common/cells.js";
import { focusedBeside, make } from "../common/dom.js";
import { Gestures } from "../common/gesture.js";
import { ARROWS } from "../common/keys.js";
import { mountView } from "../common/mount.js";

const WAIT_MS = 40; // keys that follow within this time are sent together
const MANY_COLUMNS = 5; // wider grids get smaller cells

/** @param {EventTarget | null} target */
const cellOf = (target) => (target instanceof HTMLInputElement ? target : null);

/** @param {HTMLInputElement} cell */
const textOf = (cell) => cell.dataset.text ?? "";

/** @type {(rows: string[][]) => string} */
const shapeOf = (rows) => rows.map((row) => row.length).join();

class MatrixEditor {
  /**
   * @param {HTMLElement} root
   * @param {MatrixEditorPayload} data
   */
  constructor(root, data) {
    this.root = root;
    this.data = data;
    /** @type {HTMLInputElement[][]} */
    this.cells = [];
    /** @type {HTMLInputElement | null} the cell that was just entered */
    this.entered = null;
    /** @type {ReturnType<typeof setTimeout> | null} */
    this.timer = null;
    this.typedAt = -Infinity;
    this.gestures = new Gestures();
    /** @type {(rows: string[][], gesture: number) => void} */
    this.send = () => {};
    /** @type {(way: "undo" | "redo") => void} */
    this.step = () => {};
    this.grid = make("div", { class: "cells" });
    this.sizes = make("div", { class: "sizes" });
    root.append(make("div", { class: "scroll" }, this.grid), this.sizes);
    this.listen();
  }

  listen() {
    const { root } = this;
    root.oninput = (event) => this.onInput(/** @type {HTMLInputElement} */ (event.target));
    root.onkeydown = (event) => this.onKey(event);
    root.onpaste = (event) => this.onPaste(event);
    // entering a cell selects its number, also by a click; a second click places the caret
    root.addEventListener("focusin", ({ target }) => {
      const cell = cellOf(target);
      if (!cell) return;
      this.entered = cell;
      this.showText(cell, textOf(cell));
      cell.select();
    });
    root.addEventListener("focusout", ({ target }) => {
      const cell = cellOf(target);
      if (cell) this.showText(cell, textOf(cell));
    });
    root.onclick = ({ target }) => {
      if (this.entered && target === this.entered) this.entered.select();
      this.entered = null;
    };
  }

  /** @param {MatrixEditorPayload} data */
  load(data) {
    const rebuild =
      !this.cells.length || shapeOf(this.data.cells) !== shapeOf(data.cells) || this.data.label !== data.label;
    const isTakenBack = this.data.revision !== data.revision;
    this.data = data;
    this.root.className = `editor ${data.role}`;
    if (rebuild) this.build();
    // the cell being typed in is left alone: an answer to an earlier key must not overwrite a later one
    const typing = isTakenBack ? null : focusedBeside(this.root);
    data.cells.forEach((row, i) =>
      row.forEach((text, j) => {
        const cell = this.cells[i][j];
        if (cell !== typing) this.showText(cell, text);
      }),
    );
    this.markCells();
  }

  // ---- building ---------------------------------------------------------------------------------------------------

  build() {
    const { cells } = this.data;
    const columns = Math.max(...cells.map((row) => row.length), 1);
    this.grid.style.setProperty("--columns", String(columns));
    this.grid.classList.toggle("many", columns > MANY_COLUMNS);
    this.cells = cells.map((row, i) => row.map((text, j) => this.buildCell(text, i, j)));
    this.grid.replaceChildren(...this.cells.flat());
    this.sizes.replaceChildren(...this.buildSizes());
  }

  /** @type {(text: string, row: number, column: number) => HTMLInputElement} */
  buildCell(text, row, column) {
    const cell = make("input", {
      inputmode: "text",
      autocomplete: "off",
      spellcheck: "false",
      style: `grid-row:${row + 1};grid-column:${column + 1}`,
      "data-row": row,
      "data-column": column,
      "data-text": text,
      "aria-label": `${this.data.label}, row ${row + 1}, column ${column + 1}`,
    });
    cell.value = text;
    return cell;
  }

  buildSizes() {
    const { cells, max_rows: maxRows, max_columns: maxColumns } = this.data;
    if (!maxRows) return [];
    const columns = Math.max(...cells.map((row) => row.length));
    return [
      this.buildSize("+ row", cells.length < maxRows, (rows) => [...rows, Array(columns).fill("0")]),
      this.buildSize("− row", cells.length > 1, (rows) => rows.slice(0, -1)),
      this.buildSize("+ column", columns < maxColumns, (rows) => rows.map((row) => [...row, "0"])),
      this.buildSize("− column", columns > 1, (rows) => rows.map((row) => row.slice(0, columns - 1))),
    ];
  }

  /** @type {(text: string, isPossible: boolean, change: (rows: string[][]) => string[][]) => HTMLButtonElement} */
  buildSize(text, isPossible, change) {
    const onclick = () => this.send(change(this.readRows()), this.gestures.begin(text));
    const label = `${this.data.label}: ${text}`;
    return make("button", { type: "button", disabled: !isPossible, "aria-label": label, onclick }, text);
  }

  // ---- cells ------------------------------------------------------------------------------------------------------

  readRows() {
    return this.cells.map((row) => row.map((cell) => textOf(cell).trim()));
  }

  /**
   * Show the text of a cell; a form of it that fits until the cell is entered.
   * @param {HTMLInputElement} cell
   * @param {string} text
   */
  showText(cell, text) {
    cell.dataset.text = text;
    const isEntered = cell === focusedBeside(this.root);
    const shown = isEntered ? text : shortenNumber(text, lettersPerCell(this.cells[0]?.length ?? 0));
    if (cell.value !== shown) cell.value = shown;
    cell.title = shown === text ? "" : text;
  }

  /** Mark the cells that hold no number; a kernel's weights are tinted by sign and size. */
  markCells() {
    const cells = this.cells.flat();
    const numbers = cells.map((cell) => readCell(textOf(cell)));
    const largest = Math.max(...numbers.map((value) => Math.abs(value) || 0)) || 1;
    cells.forEach((cell, i) => {
      cell.setAttribute("aria-invalid", String(Number.isNaN(numbers[i])));
      cell.dataset.sign = numbers[i] < 0 ? "minus" : "plus";
      cell.style.setProperty("--strength", tintStrength(numbers[i] || 0, largest));
    });
  }

  // ---- typing, keys and pasting -----------------------------------------------------------------------------------

  /** @param {HTMLInputElement} cell */
  onInput(cell) {
    const { row, column } = cell.dataset;
    this.gestures.note(`${row},${column}`);
    cell.dataset.text = cell.value;
    this.markCells();
    if (this.timer) clearTimeout(this.timer);
    // the first key is sent at once; keys that follow within a moment wait for the last of them
    const now = performance.now();
    this.timer = setTimeout(() => this.flush(), now - this.typedAt < WAIT_MS ? WAIT_MS : 0);
    this.typedAt = now;
  }

  /** Send what was typed and is not sent yet. */
  flush() {
    if (!this.timer) return;
    clearTimeout(this.timer);
    this.timer = null;
    this.send(this.readRows(), this.gestures.number);
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    const cell = cellOf(event.target);
    if (!cell) return;
    const key = event.key.toLowerCase();
    if ((event.ctrlKey || event.metaKey) && "zy".includes(key) && this.data.undo) {
      event.preventDefault();
      this.flush();
      this.step(key === "y" || event.shiftKey ? "redo" : "undo");
      return;
    }
    const move = moveOf(event, cell);
    if (!move) return;
    event.preventDefault();
    this.cells[Number(cell.dataset.row) + move[0]]?.[Number(cell.dataset.column) + move[1]]?.focus();
  }

  /**
   * Fill the cells from here on with a block; one that does not fit becomes the whole matrix (Python checks its size).
   * @param {ClipboardEvent} event
   */
  onPaste(event) {
    const cell = cellOf(event.target);
    const block = readBlock(event.clipboardData?.getData("text") ?? "");
    if (!cell || block.flat().length < 2) return;
    event.preventDefault();
    const [top, left] = [Number(cell.dataset.row), Number(cell.dataset.column)];
    const fits = block.every((row, i) => this.cells[top + i]?.length >= left + row.length);
    if (fits) {
      block.forEach((row, i) => row.forEach((text, j) => this.showText(this.cells[top + i][left + j], text)));
      this.markCells();
    }
    this.send(fits ? this.readRows() : block, this.gestures.begin("paste"));
  }
}

/**
 * Return where a key leads from a cell; sideways only from the ends of its text, or while all of it is selected.
 * @param {KeyboardEvent} event
 * @param {HTMLInputElement} cell
 * @returns {Pair | undefined}
 */
function moveOf(event, cell) {
  const { selectionStart: start, selectionEnd: end, value } = cell;
  const isAllSelected = start === 0 && end === value.length;
  if (event.key === "Enter") return [event.shiftKey ? -1 : 1, 0];
  if (event.key === "ArrowLeft" && !isAllSelected && end !== 0) return undefined;
  if (event.key === "ArrowRight" && !isAllSelected && start !== value.length) return undefined;
  return ARROWS[event.key];
}

export default mountView(
  ".editor",
  (root, /** @type {MatrixEditorPayload} */ data) => new MatrixEditor(root, data),
  (editor, data, send) => {
    editor.send = (rows, gesture) => send("edited", { rows, gesture });
    editor.step = (way) => send("travelled", way);
    editor.load(data);
  },
  (editor) => editor.flush(), // a panel closed at once must not lose the last key
);
