// The player: draws a trace (pages/shared/player/__init__.py sends it) and lets the learner walk through it.
// It computes nothing: every number and every sentence comes ready-made from cnn_core.trace.

const players = new WeakMap();

export default function ({ parentElement, data }) {
  let player = players.get(parentElement);
  if (!player) {
    player = new Player(parentElement.querySelector(".player"));
    players.set(parentElement, player);
  }
  player.load(data);
  return () => {
    player.pause();
    player.resize.disconnect();
    players.delete(parentElement);
  };
}

const STEP_MS = 250;
const ICONS = {
  first: "M3 3h2v10H3zM13 3v10L6 8z", back: "M12 3v10L5 8z", play: "M4 2.5v11l9-5.5z", pause: "M4 3h3v10H4zM9 3h3v10H9z",
  forward: "M4 3v10l7-5z", last: "M11 3h2v10h-2zM3 3v10l7-5z",
};
const SPEEDS = [0.25, 0.5, 1, 2, 4, 8];

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element[name] = value;
    else if (value !== null) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  svg.append(document.createElementNS("http://www.w3.org/2000/svg", "path"));
  svg.firstChild.setAttribute("d", ICONS[name]);
  return svg;
}

// A hue of its own for every weight, light enough (or dark enough) to read text on.
function tint(index, count, dark) {
  const hue = Math.round((index * 360) / count + 20) % 360;
  return dark ? `hsl(${hue} 38% 24%)` : `hsl(${hue} 72% 87%)`;
}

function isDark(element) {
  const [r, g, b] = getComputedStyle(element).color.match(/[\d.]+/g).map(Number);
  return 0.299 * r + 0.587 * g + 0.114 * b > 128; // light text means a dark page
}

class Player {
  constructor(root) {
    this.root = root;
    this.signature = null;
    this.timer = null;
    this.lit = [];
    this.buildControls();
    this.resize = new ResizeObserver(() => this.fit());
    this.resize.observe(root);
    root.onkeydown = (event) => this.onKey(event);
    root.onpointerdown = (event) => this.onPress(event);
    root.onpointerover = (event) => this.onHover(event);
    root.onpointerleave = () => this.unhover();
  }

  // ---- building -------------------------------------------------------------------------------------------------

  buildControls() {
    const button = (label, face, action, cls = "") =>
      make("button", { type: "button", "aria-label": label, title: label, class: cls, onclick: action }, face);
    this.playButton = button("Play", "", () => (this.timer ? this.pause() : this.play()), "main");
    this.facePlay("play", "Play");
    this.scrubber = make("input", {
      type: "range", min: 0, step: 1, "aria-label": "Step",
      oninput: () => { this.pause(); this.go(Number(this.scrubber.value)); },
    });
    this.counter = make("span", { class: "counter" });
    this.speed = make("select", { "aria-label": "Speed" },
      ...SPEEDS.map((s) => make("option", { value: s, ...(s === 1 ? { selected: "" } : {}) }, `${s}×`)));
    this.speed.onchange = () => this.timer && (this.pause(), this.play());
    this.revealButton = button("Uncover every output", "Show all", () => this.revealAll());
    this.root.append(
      make("div", { class: "transport", role: "group", "aria-label": "Player controls" },
        button("First step", icon("first"), () => this.jump(0)),
        button("Step back", icon("back"), () => this.jump(this.step - 1)),
        this.playButton,
        button("Step forward", icon("forward"), () => this.jump(this.step + 1)),
        button("Last step", icon("last"), () => this.jump(this.data.steps.length - 1)),
        this.scrubber, this.counter, this.speed, this.revealButton),
      (this.stage = make("div", { class: "stage" })),
      (this.panel = make("section", { class: "panel", "aria-label": "Arithmetic of this step" })),
      (this.legend = make("p", { class: "legend" })),
      (this.live = make("div", { class: "visually-hidden", "aria-live": "polite" })));
    this.title = make("span", {});
    this.pinChip = make("button", { type: "button", class: "chip", hidden: "", onclick: () => this.release() }, "pinned: Esc or tap here to release");
    this.roundChip = make("span", { class: "chip", hidden: "" }, "shown to 4 decimals, added in full");
    this.terms = make("div", { class: "terms" });
    this.sum = make("p", { class: "sum" });
    this.uses = make("ul", { class: "uses", hidden: "" });
    this.panel.append(make("h3", {}, this.title, this.pinChip, this.roundChip),
      make("div", { class: "work" }, this.terms, this.sum), this.uses);
  }

  load(data) {
    const dark = isDark(this.root);
    const signature = JSON.stringify(data) + dark;
    if (signature === this.signature) return;
    const shape = JSON.stringify([dark, data.grids.map((grid) => [grid.name, grid.label, grid.planes, grid.rows, grid.columns])]);
    // other numbers in the same grids: the learner's place is kept
    const fresh = shape !== this.shape;
    const place = !fresh
      ? { step: this.step, hover: this.hover, under: this.under, pinned: this.pinned }
      : { step: 0, hover: null, under: null, pinned: false };
    this.pause();
    this.unlight();
    Object.assign(this, { signature, data, dark, shape, seen: new Set(), ...place });
    this.byWrite = new Map(data.steps.map((s, i) => [s.writes, i]));
    this.indexUses();
    if (fresh) this.drawStage();
    data.grids.forEach((grid) => this.fillGrid(grid));
    this.drawLegend();
    this.scrubber.max = data.steps.length - 1;
    this.reveal(this.step);
    this.fit();
    this.root.dataset.ready = "true";
  }

  // Which steps read each left cell and each right cell: a hover must not search.
  indexUses() {
    const { left: leftGrid, right: rightGrid } = this.data;
    this.usesOf = { [leftGrid]: new Map(), ...(rightGrid ? { [rightGrid]: new Map() } : {}) };
    this.data.steps.forEach((step, s) => step.terms.forEach(([left, right], t) => {
      for (const [grid, cell] of [[leftGrid, left], ...(rightGrid ? [[rightGrid, right]] : [])]) {
        const uses = this.usesOf[grid];
        if (!uses.has(cell)) uses.set(cell, []);
        uses.get(cell).push([s, t]);
      }
    }));
  }

  drawStage() {
    this.cells = {};
    this.frames = {};
    this.stage.replaceChildren();
    this.data.grids.forEach((grid, i) => {
      if (i) this.stage.append(make("div", { class: "sign", "aria-hidden": "true" }, this.data.signs[i - 1]));
      this.stage.append(this.drawGrid(grid));
    });
  }

  drawGrid(grid) {
    const size = `${grid.planes.length > 1 ? `${grid.planes.length} × ` : ""}${grid.rows} × ${grid.columns}`;
    const figure = make("figure", { class: grid.role, "data-grid": grid.name },
      make("figcaption", {}, grid.label, make("small", {}, size)));
    this.cells[grid.name] = [];
    const weights = grid.name === this.data.right ? grid.rows * grid.columns : 0;
    grid.planes.forEach((name, plane) => {
      if (name) figure.append(make("small", { class: "plane-name" }, name));
      figure.append(this.drawPlane(grid, plane, weights));
    });
    return figure;
  }

  drawPlane(grid, plane, weights) {
    const output = grid.name === this.data.writes;
    const table = make("div", {
      class: "plane", role: "grid", style: `--columns:${grid.columns}`,
      "aria-label": `${grid.label}${grid.planes[plane] ? `, ${grid.planes[plane]}` : ""}, ${grid.rows} rows by ${grid.columns} columns`, tabindex: output ? 0 : null,
    });
    for (let row = 0; row < grid.rows; row++) {
      const line = make("div", { role: "row", style: "display:contents" });
      for (let column = 0; column < grid.columns; column++) {
        const index = (plane * grid.rows + row) * grid.columns + column;
        const cell = make("div", { role: "gridcell", class: "cell", "data-grid": grid.name, "data-index": index });
        cell.classList.toggle("last", column === grid.columns - 1);
        cell.classList.toggle("bottom", row === grid.rows - 1);
        if (weights) cell.style.setProperty("--tint", tint(index % weights, weights, this.dark));
        this.cells[grid.name].push(cell);
        line.append(cell);
      }
      table.append(line);
    }
    if (grid.name === this.data.left) {
      const frame = make("div", { class: "frame", hidden: "" });
      this.frames[plane] = frame;
      table.append(frame);
    }
    return make("div", { class: "scroll" }, table);
  }

  fillGrid(grid) {
    const [top, bottom, left, right] = grid.padding;
    const unvisited = new Set(grid.unvisited);
    this.cells[grid.name].forEach((cell, index) => {
      const row = Math.floor(index / grid.columns) % grid.rows;
      const column = index % grid.columns;
      const padding = row < top || row >= grid.rows - bottom || column < left || column >= grid.columns - right;
      const text = grid.texts[index];
      cell.textContent = text;
      cell.setAttribute("aria-label", `row ${row + 1}, column ${column + 1}: ${text}${padding ? ", padding" : ""}`);
      cell.classList.toggle("padding", padding);
      cell.classList.toggle("unvisited", unvisited.has(index));
      cell.classList.toggle("masked", grid.name === this.data.writes);
    });
  }

  drawLegend() {
    const grid = this.gridOf(this.data.left);
    const keys = make("span", { class: "keys" });
    for (const [key, what] of [["←", ""], ["→", ""], ["↑", ""], ["↓", " move"], ["Space", " play"], ["Esc", " release"]]) {
      keys.append(make("kbd", {}, key), what);
    }
    const entry = (cls, text) => make("span", {}, make("i", { class: `swatch ${cls}` }), text);
    this.legend.replaceChildren(
      ...(grid.padding.some(Boolean) ? [entry("padding", `padding: ${this.data.padding_text}`)] : []),
      ...(grid.unvisited.length ? [entry("unvisited", "never visited by any window")] : []),
      keys);
  }

  // As large as fits: all grids beside each other, never smaller than 28 px a cell.
  fit() {
    if (!this.data) return;
    const width = this.root.clientWidth;
    const columns = this.data.grids.reduce((sum, grid) => sum + grid.columns, 0);
    const widest = Math.max(...this.data.grids.map((grid) => grid.columns));
    const beside = (width - 220) / columns; // 220: two signs, four gaps, the borders
    const size = Math.max(28, Math.min(52, Math.floor(width < 600 ? (width - 16) / widest : beside)));
    this.cell = size;
    this.root.style.setProperty("--cell", `${size}px`);
    for (const grid of this.data.grids) {
      const longest = Math.max(...grid.texts.map((text) => text.length));
      const digits = Math.max(9.5, Math.min(16, (size - 6) / (longest * 0.6)));
      this.stage.querySelector(`figure[data-grid="${grid.name}"]`).style.setProperty("--digits", `${digits}px`);
    }
    this.panel.style.minHeight = "";
    this.show();
    this.panel.style.minHeight = `${this.panel.offsetHeight}px`; // what follows must not jump while hovering
  }

  gridOf(name) {
    return this.data.grids.find((grid) => grid.name === name);
  }

  // ---- moving ---------------------------------------------------------------------------------------------------

  jump(step) {
    this.pause();
    this.pinned = false;
    this.hover = null;
    this.go(step);
  }

  go(step) {
    this.step = Math.max(0, Math.min(this.data.steps.length - 1, step));
    this.reveal(this.step);
    this.show();
  }

  play() {
    if (this.step >= this.data.steps.length - 1) this.step = -1;
    this.pinned = false;
    this.hover = null;
    const tick = () => {
      if (this.step >= this.data.steps.length - 1) return this.pause();
      return this.go(this.step + 1);
    };
    this.timer = setInterval(tick, STEP_MS / Number(this.speed.value));
    this.facePlay("pause", "Pause");
    tick();
  }

  pause() {
    if (!this.timer) return;
    clearInterval(this.timer);
    this.timer = null;
    this.facePlay("play", "Play");
    this.announce();
  }

  facePlay(name, word) {
    this.playButton.replaceChildren(icon(name), ` ${word}`);
    this.playButton.setAttribute("aria-label", word);
    this.playButton.title = `${word} (space)`;
  }

  reveal(step) {
    if (this.seen.has(step)) return;
    this.seen.add(step);
    this.cells[this.data.writes][this.data.steps[step].writes].classList.remove("masked");
  }

  revealAll() {
    this.data.steps.forEach((_, step) => this.reveal(step));
  }

  moveBy(rows, columns) {
    const grid = this.gridOf(this.data.writes);
    const at = this.data.steps[this.step].writes;
    const row = Math.floor(at / grid.columns) + rows;
    const column = (at % grid.columns) + columns;
    // left and right run on into the neighbouring row, as reading does; up and down stop at the edge
    if (columns) return this.jump(this.step + columns);
    const target = this.byWrite.get(row * grid.columns + column);
    return target === undefined ? undefined : this.jump(target);
  }

  onKey(event) {
    if (event.target.matches("input, select")) return;
    if (event.key === " " && event.target.matches("button")) return;
    const actions = {
      ArrowLeft: () => this.moveBy(0, -1), ArrowRight: () => this.moveBy(0, 1),
      ArrowUp: () => this.moveBy(-1, 0), ArrowDown: () => this.moveBy(1, 0),
      Home: () => this.jump(0), End: () => this.jump(this.data.steps.length - 1),
      " ": () => (this.timer ? this.pause() : this.play()), Escape: () => this.release(),
    };
    if (!actions[event.key]) return;
    event.preventDefault();
    actions[event.key]();
  }

  // ---- pointing -------------------------------------------------------------------------------------------------

  target(event) {
    const cell = event.target.closest?.(".cell");
    return cell && { grid: cell.dataset.grid, index: Number(cell.dataset.index) };
  }

  onHover(event) {
    const target = this.target(event);
    this.under = target ?? null; // what a release goes on with
    if (this.pinned) return;
    if (!target) return this.unhover();
    this.pause();
    this.hover = target;
    return this.show();
  }

  unhover() {
    this.under = null;
    if (this.pinned || !this.hover) return;
    this.hover = null;
    this.show();
  }

  onPress(event) {
    const target = this.target(event);
    if (!target) return;
    this.pause();
    this.stage.querySelector("[tabindex]").focus({ preventScroll: true }); // so that the keys go on from here
    const again = this.pinned && this.hover?.grid === target.grid && this.hover?.index === target.index;
    this.pinned = !again;
    this.hover = target;
    if (target.grid === this.data.writes) this.go(this.byWrite.get(target.index));
    else this.show();
    this.announce();
  }

  release() {
    this.pinned = false;
    this.hover = this.under;
    this.show();
  }

  // ---- showing --------------------------------------------------------------------------------------------------

  unlight() {
    for (const cell of this.lit) {
      cell.classList.remove("read", "related", "now", "won");
      if (cell.dataset.grid !== this.data.right) cell.style.removeProperty("--tint");
    }
    this.lit = [];
  }

  show() {
    this.unlight();
    const pointed = this.hover && this.hover.grid !== this.data.writes ? this.hover : null;
    if (pointed && this.usesOf[pointed.grid]) this.showUses(pointed);
    else this.showStep(this.hover ? this.byWrite.get(this.hover.index) : this.step);
    this.pinChip.hidden = !this.pinned;
    this.scrubber.value = this.step;
    this.scrubber.setAttribute("aria-valuetext", `step ${this.step + 1} of ${this.data.steps.length}`);
    this.counter.textContent = `step ${this.step + 1} of ${this.data.steps.length}`;
  }

  light(grid, index, cls, color = null) {
    const cell = this.cells[grid][index];
    cell.classList.add(cls);
    if (color) cell.style.setProperty("--tint", color);
    this.lit.push(cell);
  }

  // The colour of a term: its weight's, or where there are no weights that of its place in the window.
  tintOf(right, place, places) {
    if (right === null) return tint(place, places, this.dark);
    return this.cells[this.data.right][right].style.getPropertyValue("--tint");
  }

  showStep(index) {
    const step = this.data.steps[index];
    this.reveal(index);
    step.terms.forEach(([left, right], i) => {
      this.light(this.data.left, left, i === step.chosen ? "won" : "read", this.tintOf(right, i, step.terms.length));
      if (right !== null) this.light(this.data.right, right, "related");
    });
    this.light(this.data.writes, step.writes, "now");
    this.drawFrame(step);
    this.title.textContent = `${this.gridOf(this.data.writes).label}, ${this.place(this.data.writes, step.writes)}`;
    this.drawTerms(step);
    this.sum.replaceChildren(step.sentence.slice(0, -step.total.length), make("b", {}, step.total));
    this.roundChip.hidden = !step.rounded;
    this.terms.hidden = this.sum.hidden = false;
    this.uses.hidden = true;
    if (!this.timer) this.announce();
  }

  drawTerms(step) {
    const width = this.windowWidth(step);
    this.terms.style.setProperty("--terms", width);
    const left = this.gridOf(this.data.left).texts;
    const right = this.data.right && this.gridOf(this.data.right).texts;
    while (this.terms.children.length > step.terms.length) this.terms.lastChild.remove();
    while (this.terms.children.length < step.terms.length) {
      const parts = ["value", "times", "weight", "product", "running"].map((cls) => make("span", { class: cls }));
      this.terms.append(make("div", { class: "term" }, ...parts));
    }
    step.terms.forEach(([a, b, product, running], i) => {
      const tile = this.terms.children[i];
      const [value, times, weight, result, sum] = tile.children;
      tile.style.setProperty("--tint", this.tintOf(b, i, step.terms.length));
      tile.classList.toggle("chosen", i === step.chosen);
      value.textContent = left[a];
      times.hidden = weight.hidden = result.hidden = b === null;
      times.textContent = "×";
      weight.textContent = b === null ? "" : right[b];
      result.textContent = b === null ? "" : `= ${product}`;
      sum.textContent = running ? `Σ ${running}` : (i === step.chosen ? "largest" : "");
      sum.title = "sum so far";
    });
  }

  // Terms stand as their window does: as many to a row as the window has cells in its first row.
  windowWidth(step) {
    const { columns } = this.gridOf(this.data.left);
    const row = Math.floor(step.terms[0][0] / columns);
    const next = step.terms.findIndex(([left]) => Math.floor(left / columns) !== row);
    return next < 0 ? step.terms.length : next;
  }

  // The window's outline, gaps of a dilated kernel included.
  drawFrame(step) {
    const grid = this.gridOf(this.data.left);
    const area = grid.rows * grid.columns;
    const places = step.terms.map(([left]) => left % area);
    const rows = places.map((p) => Math.floor(p / grid.columns));
    const columns = places.map((p) => p % grid.columns);
    const [top, left] = [Math.min(...rows), Math.min(...columns)];
    for (const frame of Object.values(this.frames)) {
      frame.hidden = false;
      frame.style.left = `${left * this.cell}px`;
      frame.style.top = `${top * this.cell}px`;
      frame.style.width = `${(Math.max(...columns) - left + 1) * this.cell}px`;
      frame.style.height = `${(Math.max(...rows) - top + 1) * this.cell}px`;
    }
  }

  // An input value or a weight: every sum it takes part in.
  showUses({ grid, index }) {
    const uses = this.usesOf[grid].get(index) ?? [];
    const texts = { left: this.gridOf(this.data.left).texts, right: this.gridOf(this.data.right)?.texts };
    this.light(grid, index, "now");
    for (const frame of Object.values(this.frames)) frame.hidden = true;
    const items = uses.map(([s, t]) => {
      const step = this.data.steps[s];
      const [left, right, product] = step.terms[t];
      const color = this.tintOf(right, t, step.terms.length);
      if (grid !== this.data.left) this.light(this.data.left, left, "read", color);
      else if (right !== null) this.light(this.data.right, right, "related");
      this.light(this.data.writes, step.writes, "related");
      const times = right === null ? "" : ` × ${texts.right[right]} = ${product}`;
      const text = `${texts.left[left]}${times} → ${this.place(this.data.writes, step.writes)}`;
      return make("li", { style: `--tint:${color}` }, text);
    });
    const label = this.gridOf(grid).label;
    const count = uses.length === 1 ? "1 output" : `${uses.length} outputs`;
    const visited = uses.length ? `takes part in ${count}` : "is never visited by any window";
    this.title.textContent = `${label}, ${this.place(grid, index)}: ${this.gridOf(grid).texts[index]} ${visited}`;
    this.uses.replaceChildren(...items);
    this.terms.hidden = this.sum.hidden = this.roundChip.hidden = true;
    this.uses.hidden = false;
  }

  place(name, index) {
    const grid = this.gridOf(name);
    const inside = index % (grid.rows * grid.columns);
    return `row ${Math.floor(inside / grid.columns) + 1}, column ${(inside % grid.columns) + 1}`;
  }

  announce() {
    const step = this.data?.steps[this.step];
    if (step) this.live.textContent = `${this.title.textContent}: ${step.sentence}`;
  }
}
