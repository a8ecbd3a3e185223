// A grid of number cells. Python holds the truth as text; this sends the cells as they are typed and shows what comes back.

const editors = new WeakMap();

export default function ({ parentElement, data, setTriggerValue }) {
  let editor = editors.get(parentElement);
  if (!editor) {
    editor = new Editor(parentElement.querySelector(".editor"));
    editors.set(parentElement, editor);
  }
  editor.send = (cells) => setTriggerValue("edited", cells);
  editor.travel = (way) => setTriggerValue("travelled", way);
  editor.load(data);
  return () => {
    editor.flush(); // a panel closed at once must not lose the last key
    editors.delete(parentElement);
  };
}

const WAIT_MS = 40;
class Editor {
  constructor(root) {
    this.root = root;
    this.cells = [];
    this.grid = document.createElement("div");
    this.grid.className = "cells";
    const scroll = document.createElement("div");
    scroll.className = "scroll";
    scroll.append(this.grid);
    this.sizes = document.createElement("div");
    this.sizes.className = "sizes";
    root.append(scroll, this.sizes);
    root.oninput = (event) => this.typed(event.target);
    root.onkeydown = (event) => this.onKey(event);
    root.onpaste = (event) => this.onPaste(event);
    // entering a cell selects its number, also by a click; a second click places the caret
    root.addEventListener("focusin", (event) => {
      if (!event.target.matches("input")) return;
      this.entered = event.target;
      this.write(event.target, event.target.dataset.text);
      event.target.select();
    });
    root.addEventListener("focusout", ({ target }) => target.matches("input") && this.write(target, target.dataset.text));
    root.onclick = (event) => {
      if (event.target === this.entered) event.target.select();
      this.entered = null;
    };
  }

  load(data) {
    const shape = (rows) => rows.map((row) => row.length).join();
    const rebuild = !this.data || shape(this.data.cells) !== shape(data.cells) || this.data.label !== data.label;
    const travelled = this.data?.revision !== data.revision;
    this.data = data;
    this.root.className = `editor ${data.role}`;
    if (rebuild) this.build();
    // the cell being typed in is left alone: an answer to an earlier key must not overwrite a later one
    const typing = travelled ? null : this.root.getRootNode().activeElement;
    data.cells.forEach((row, i) => row.forEach((text, j) => {
      const cell = this.cells[i][j];
      if (cell !== typing) this.write(cell, text);
    }));
    this.mark();
  }

  build() {
    const { cells, label } = this.data;
    const columns = Math.max(...cells.map((row) => row.length), 1);
    this.grid.style.setProperty("--columns", columns);
    this.grid.classList.toggle("many", columns > 5);
    this.grid.replaceChildren();
    this.cells = cells.map((row, i) => row.map((text, j) => {
      const cell = document.createElement("input");
      Object.assign(cell, { value: text, inputMode: "text", autocomplete: "off", spellcheck: false });
      Object.assign(cell.dataset, { row: i, column: j, text });
      Object.assign(cell.style, { gridRow: i + 1, gridColumn: j + 1 });
      cell.setAttribute("aria-label", `${label}, row ${i + 1}, column ${j + 1}`);
      this.grid.append(cell);
      return cell;
    }));
    this.buildSizes();
  }

  buildSizes() {
    const { cells, max_rows: maxRows, max_columns: maxColumns, label } = this.data;
    if (!maxRows) return this.sizes.replaceChildren();
    const columns = Math.max(...cells.map((row) => row.length));
    const button = (text, enabled, change) => {
      const element = document.createElement("button");
      Object.assign(element, { type: "button", textContent: text, disabled: !enabled });
      element.setAttribute("aria-label", `${label}: ${text}`);
      element.onclick = () => this.send(change(this.values()));
      return element;
    };
    return this.sizes.replaceChildren(
      button("+ row", cells.length < maxRows, (rows) => [...rows, Array(columns).fill("0")]),
      button("− row", cells.length > 1, (rows) => rows.slice(0, -1)),
      button("+ column", columns < maxColumns, (rows) => rows.map((row) => [...row, "0"])),
      button("− column", columns > 1, (rows) => rows.map((row) => row.slice(0, columns - 1))));
  }

  values() {
    return this.cells.map((row) => row.map((cell) => cell.dataset.text.trim()));
  }

  // The text of a cell; a form of it that fits until the cell is entered.
  write(cell, text) {
    cell.dataset.text = text;
    const entered = cell === this.root.getRootNode().activeElement;
    const columns = this.cells[0]?.length ?? 0;
    const shown = entered ? text : shorter(text, columns > 9 ? 4 : columns > 3 ? 5 : 6);
    if (cell.value !== shown) cell.value = shown;
    cell.title = shown === text ? "" : text;
  }

  mark() {
    const numbers = this.cells.flat().map((cell) => readNumber(cell.dataset.text));
    const largest = Math.max(...numbers.map((value) => Math.abs(value) || 0)) || 1;
    this.cells.flat().forEach((cell, i) => {
      cell.setAttribute("aria-invalid", String(Number.isNaN(numbers[i])));
      // a kernel's weights are tinted by sign and size
      cell.dataset.sign = numbers[i] < 0 ? "minus" : "plus";
      cell.style.setProperty("--strength", `${Math.round(Math.sqrt(Math.abs(numbers[i] || 0) / largest) * 40)}%`);
    });
  }

  typed(cell) {
    cell.dataset.text = cell.value;
    this.mark();
    clearTimeout(this.timer);
    // the first key is sent at once; keys that follow within a moment wait for the last of them
    const now = performance.now();
    this.timer = setTimeout(() => this.flush(), now - (this.last ?? 0) < WAIT_MS ? WAIT_MS : 0);
    this.last = now;
  }

  flush() {
    if (!this.timer) return;
    clearTimeout(this.timer);
    this.timer = null;
    this.send(this.values());
  }

  onKey(event) {
    const cell = event.target;
    if (!cell.matches("input")) return;
    if ((event.ctrlKey || event.metaKey) && "zy".includes(event.key.toLowerCase()) && this.data.undo) {
      event.preventDefault();
      this.flush();
      this.travel(event.key.toLowerCase() === "y" || event.shiftKey ? "redo" : "undo");
      return;
    }
    const all = cell.selectionStart === 0 && cell.selectionEnd === cell.value.length;
    const atStart = all || cell.selectionEnd === 0;
    const atEnd = all || cell.selectionStart === cell.value.length;
    const moves = {
      ArrowUp: [-1, 0], ArrowDown: [1, 0], Enter: [event.shiftKey ? -1 : 1, 0],
      ArrowLeft: atStart ? [0, -1] : null, ArrowRight: atEnd ? [0, 1] : null,
    };
    const move = moves[event.key];
    if (!move) return;
    const next = this.cells[Number(cell.dataset.row) + move[0]]?.[Number(cell.dataset.column) + move[1]];
    event.preventDefault();
    next?.focus();
  }

  // A block fills the cells from here on; one that does not fit becomes the whole matrix (Python checks its size).
  onPaste(event) {
    const cell = event.target;
    const block = readBlock(event.clipboardData.getData("text"));
    if (!cell.matches("input") || block.flat().length < 2) return;
    event.preventDefault();
    const [top, left] = [Number(cell.dataset.row), Number(cell.dataset.column)];
    const fits = block.every((row, i) => this.cells[top + i]?.length >= left + row.length);
    if (!fits) return this.send(block);
    block.forEach((row, i) => row.forEach((text, j) => { this.write(this.cells[top + i][left + j], text); }));
    this.mark();
    this.send(this.values());
  }
}
