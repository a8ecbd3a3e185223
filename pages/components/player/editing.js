// Cells edited where they stand: click one, type, arrow on; paste a block. Python keeps the numbers and checks them.

class Editing {
  constructor(post, moved) {
    this.post = post;
    this.moved = moved;
    this.number = Date.now(); // larger than any number that an earlier player of this page used
    this.unseen = [];
    this.input = null;
  }

  // What is typed while Python is busy would replace what was typed before: so every edit is sent until it is seen.
  send(edit) {
    this.unseen.push({ number: ++this.number, ...edit });
    this.post(this.unseen);
  }

  seen(number) {
    this.unseen = this.unseen.filter((edit) => edit.number > number);
  }

  load(trace, stage) {
    this.trace = trace;
    this.stage = stage;
  }

  can(target) {
    return Boolean(target) && this.trace.editable.includes(target.grid)
      && !this.trace.isPadding(this.trace.gridOf[target.grid], target.index);
  }

  // Open the cell with what is in it, or with the first key of a new number.
  open(target, text = null) {
    if (!this.can(target)) return;
    this.close();
    const cell = this.stage.cells[target.grid][target.index];
    this.target = target;
    this.before = cell.textContent;
    this.input = make("input", { type: "text", inputmode: "text", autocomplete: "off", "aria-label": cell.getAttribute("aria-label") });
    this.input.value = text ?? this.before.replace("−", "-");
    this.input.onkeydown = (event) => this.onKey(event);
    this.input.onblur = () => this.close();
    this.input.onpointerdown = (event) => event.stopPropagation();
    cell.replaceChildren(this.input);
    this.input.focus({ preventScroll: true });
    if (text === null) this.input.select();
  }

  // Shut the open cell and send what it holds, unless `keep` is false.
  close(keep = true) {
    if (!this.input) return;
    const { input, target, before } = this;
    this.input = null;
    const text = input.value.trim();
    const changed = keep && text !== before.replace("−", "-");
    this.stage.cells[target.grid][target.index].textContent = changed ? text.replace("-", "−") : before;
    if (changed) this.send({ grid: target.grid, cells: [[target.index, text]] });
  }

  onKey(event) {
    event.stopPropagation();
    const moves = {
      Enter: [event.shiftKey ? -1 : 1, 0], ArrowUp: [-1, 0], ArrowDown: [1, 0], Tab: [0, event.shiftKey ? -1 : 1],
      ArrowLeft: this.input.selectionStart === 0 ? [0, -1] : null,
      ArrowRight: this.input.selectionEnd === this.input.value.length ? [0, 1] : null,
    };
    if (event.key === "Escape") {
      this.close(false);
      this.moved(this.target);
    } else if (moves[event.key]) {
      event.preventDefault();
      const next = this.beside(this.target, ...moves[event.key]) ?? this.target;
      this.close();
      this.moved(next);
    }
  }

  // The editable cell so many rows and columns away in the same plane, if there is one.
  beside({ grid, index }, rows, columns) {
    const { rows: height, columns: width } = this.trace.gridOf[grid];
    const area = height * width;
    const [row, column] = [Math.floor((index % area) / width) + rows, (index % width) + columns];
    if (row < 0 || row >= height || column < 0 || column >= width) return null;
    const target = { grid, index: Math.floor(index / area) * area + row * width + column };
    return this.can(target) ? target : null;
  }

  paste(target, text) {
    const block = readBlock(text);
    if (!this.can(target) || !block.length) return;
    this.close(false);
    const cells = block.flatMap((row, i) => row.map((word, j) => [this.beside(target, i, j)?.index, word]));
    const fits = cells.every(([index]) => index !== undefined);
    // one that does not fit becomes the whole matrix
    this.send(fits ? { grid: target.grid, cells } : { grid: target.grid, block: block.map((row) => row.join(" ")).join("; ") });
  }
}
