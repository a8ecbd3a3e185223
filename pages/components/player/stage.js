// The stage: the grids of a trace beside each other, and which of their cells are lit.

class Stage {
  constructor() {
    this.element = make("div", { class: "stage" });
    this.lit = [];
    this.shape = null;
  }

  // True when the grids are other ones than before, so that the learner's place means nothing any more.
  load(trace, dark) {
    this.unlight();
    this.trace = trace;
    this.dark = dark;
    const shape = JSON.stringify([dark, trace.signs, trace.editable,
      trace.grids.map((grid) => [grid.name, grid.label, grid.role, grid.planes, grid.rows, grid.columns, grid.at_once])]);
    const fresh = shape !== this.shape;
    this.shape = shape;
    if (fresh) this.draw();
    trace.grids.forEach((grid) => this.fill(grid));
    return fresh;
  }

  draw() {
    this.cells = {};
    this.frames = {};
    this.planes = [];
    this.element.replaceChildren();
    this.trace.grids.forEach((grid, i) => {
      const sign = this.trace.signs[i - 1];
      if (sign) this.element.append(make("div", { class: "sign", "aria-hidden": "true" }, sign));
      this.element.append(this.drawGrid(grid));
    });
  }

  drawGrid(grid) {
    const shown = grid.at_once || grid.planes.length;
    const size = `${shown > 1 ? `${shown} × ` : ""}${grid.rows} × ${grid.columns}`;
    const box = make("div", { class: "planes" });
    this.cells[grid.name] = [];
    const weights = grid.name === this.trace.right ? grid.rows * grid.columns : 0;
    grid.planes.forEach((name, plane) => {
      const one = make("div", { class: "one" });
      if (name) one.append(make("small", { class: "plane-name" }, name));
      one.append(this.drawPlane(grid, plane, weights));
      if (grid.at_once) this.planes.push({ grid, plane, element: one });
      box.append(one);
    });
    return make("figure", { class: grid.role, "data-grid": grid.name },
      make("figcaption", {}, grid.label, make("small", {}, size)), box);
  }

  drawPlane(grid, plane, weights) {
    const keyed = grid.name === this.trace.writes || this.trace.editable.includes(grid.name);
    const table = make("div", {
      class: weights ? "plane weighted" : "plane", role: "grid", style: `--columns:${grid.columns}`, tabindex: keyed ? 0 : null, "data-grid": grid.name,
      "aria-label": `${grid.label}${grid.planes[plane] ? `, ${grid.planes[plane]}` : ""}, ${grid.rows} rows by ${grid.columns} columns`,
    });
    for (let row = 0; row < grid.rows; row++) {
      const line = make("div", { role: "row", style: "display:contents" });
      for (let column = 0; column < grid.columns; column++) {
        const index = (plane * grid.rows + row) * grid.columns + column;
        const cell = make("div", { role: "gridcell", class: "cell", "data-grid": grid.name, "data-index": index });
        cell.classList.toggle("last", column === grid.columns - 1);
        cell.classList.toggle("bottom", row === grid.rows - 1);
        if (weights) {
          cell.tint = tint(index % weights, weights, this.dark);
          cell.style.setProperty("--tint", cell.tint);
        }
        this.cells[grid.name].push(cell);
        line.append(cell);
      }
      table.append(line);
    }
    const scroll = make("div", { class: "scroll" }, table);
    if (grid.name === this.trace.left) {
      const frame = make("div", { class: "frame", hidden: "" });
      this.frames[plane] = { frame, scroll };
      table.append(frame);
    }
    return scroll;
  }

  fill(grid) {
    const unvisited = new Set(grid.unvisited);
    this.cells[grid.name].forEach((cell, index) => {
      const padding = this.trace.isPadding(grid, index);
      const text = grid.texts[index];
      if (!cell.querySelector("input")) cell.textContent = text; // what is being typed is left alone
      cell.setAttribute("aria-label", `row ${Math.floor(index / grid.columns) % grid.rows + 1}, column ${index % grid.columns + 1}: ${text}${padding ? ", padding" : ""}`);
      cell.classList.toggle("padding", padding);
      cell.classList.toggle("unvisited", unvisited.has(index));
      cell.classList.toggle("masked", grid.name === this.trace.writes);
      cell.classList.remove("solved");
    });
  }

  // As large as fits: all grids beside each other, never smaller than 28 px a cell.
  fit(width) {
    const { grids } = this.trace;
    const wide = (grid) => (grid.at_once || grid.planes.length > 1 ? Math.max(grid.at_once, 1) : 1) * grid.columns;
    const columns = grids.reduce((sum, grid) => sum + wide(grid), 0);
    const widest = Math.max(...grids.map((grid) => grid.columns));
    const beside = (width - 40 - 60 * grids.length) / columns; // signs, gaps, borders
    // long decimals of a network's weights need more room, where there are few cells and grids may stand in rows
    const least = this.trace.aside && width >= 600 && grids.some((grid) => grid.texts.some((text) => text.length > 5)) ? 44 : 28;
    this.cell = Math.max(least, Math.min(52, Math.floor(width < 600 ? (width - 16) / widest : beside)));
    this.element.style.setProperty("--cell", `${this.cell}px`);
    for (const grid of grids) {
      const longest = Math.max(...grid.texts.map((text) => text.length));
      const digits = Math.max(9.5, Math.min(16, (this.cell - 6) / (longest * 0.6)));
      this.element.querySelector(`figure[data-grid="${grid.name}"]`).style.setProperty("--digits", `${digits}px`);
    }
  }

  // Of grids that show one filter at a time, the planes of filter `page`.
  turnTo(page) {
    if (page === this.page && this.turned === this.shape) return;
    this.page = page;
    this.turned = this.shape;
    for (const { grid, plane, element } of this.planes) element.hidden = !this.trace.shows(grid, plane, page);
  }

  reveal(index) {
    this.cells[this.trace.writes][index].classList.remove("masked");
  }

  light(grid, index, cls, color = null) {
    const cell = this.cells[grid][index];
    cell.classList.add(cls);
    if (color) cell.style.setProperty("--tint", color);
    this.lit.push(cell);
  }

  unlight() {
    for (const cell of this.lit) {
      cell.classList.remove("read", "related", "now", "won");
      if (cell.dataset.grid !== this.trace.right) cell.style.removeProperty("--tint");
    }
    this.lit = [];
  }

  // The colour of a term: its weight's, or where there are no weights that of its place in the window.
  tintOf(term, place, places) {
    if (term.right === NONE) return tint(place, places, this.dark);
    return this.cells[this.trace.right][term.right].tint;
  }

  // A step: all its terms, or with `only` the one that is just being multiplied (and those before it, faintly).
  lightStep(step, only = null) {
    step.terms.forEach((term, i) => {
      if (only !== null && i > only) return;
      const color = only === null || i === only ? this.tintOf(term, i, step.terms.length) : null;
      this.light(this.trace.left, term.left, i === step.chosen ? "won" : "read", color);
      if (term.right !== NONE && (only === null || i === only)) this.light(this.trace.right, term.right, "related");
      if (term.origin !== NONE && (only === null || i === only)) this.light(this.trace.origin, term.origin, "related");
    });
    if (step.bias_at !== NONE) this.light(this.trace.bias, step.bias_at, "related");
    this.light(this.trace.writes, step.writes, "now");
    this.drawFrame(step);
  }

  hideFrames() {
    for (const { frame } of Object.values(this.frames)) frame.hidden = true;
  }

  // The window's outline, gaps of a dilated kernel included, on the channels that take part.
  drawFrame(step) {
    this.hideFrames();
    const grid = this.trace.gridOf[this.trace.left];
    const area = grid.rows * grid.columns;
    const spans = new Map();
    for (const { left } of step.terms) {
      const plane = Math.floor(left / area);
      const [row, column] = [Math.floor((left % area) / grid.columns), left % grid.columns];
      const span = spans.get(plane) ?? { top: row, bottom: row, left: column, right: column };
      spans.set(plane, {
        top: Math.min(span.top, row), bottom: Math.max(span.bottom, row),
        left: Math.min(span.left, column), right: Math.max(span.right, column),
      });
    }
    for (const [plane, span] of spans) {
      const { frame, scroll } = this.frames[plane];
      const [left, width] = [span.left * this.cell, (span.right - span.left + 1) * this.cell];
      frame.hidden = false;
      frame.style.left = `${left}px`;
      frame.style.top = `${span.top * this.cell}px`;
      frame.style.width = `${width}px`;
      frame.style.height = `${(span.bottom - span.top + 1) * this.cell}px`;
      if (grid.columns * this.cell > this.width) this.keepInSight(scroll, left, width);
    }
  }

  keepInSight(scroll, left, width) {
    if (left >= scroll.scrollLeft && left + width <= scroll.scrollLeft + scroll.clientWidth) return;
    scroll.scrollLeft = left - scroll.clientWidth / 2;
  }
}
