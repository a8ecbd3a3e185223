// What Python sent (cnn_core.trace.player_data), made easy to ask. Nothing is computed here but which terms belong to a step.

const NONE = -1;

class PlayedTrace {
  constructor(data) {
    Object.assign(this, data);
    this.gridOf = Object.fromEntries(data.grids.map((grid) => [grid.name, grid]));
    this.count = data.steps.length;
    this.stepAt = new Map(data.steps.map((step, i) => [step.writes, i]));
    this.parsed = new Map();
    this.indexUses();
  }

  // A step with its terms, put together when it is first looked at.
  step(index) {
    if (!this.parsed.has(index)) {
      const { left, right, origin, product, running } = this.terms;
      const terms = [];
      for (let t = this.first[index]; t < this.first[index + 1]; t++) {
        terms.push({
          left: left[t], right: right[t], origin: origin[t] ?? NONE,
          product: this.words[product[t]], running: this.words[running[t]],
        });
      }
      this.parsed.set(index, { ...this.steps[index], terms });
    }
    return this.parsed.get(index);
  }

  // Which terms read each cell: a hover must not search.
  indexUses() {
    this.usesOf = {};
    for (const [name, cells] of [[this.left, this.terms.left], [this.right, this.terms.right], [this.origin, this.terms.origin]]) {
      if (!name) continue;
      const uses = (this.usesOf[name] = new Map());
      let step = 0;
      cells.forEach((cell, t) => {
        while (this.first[step + 1] <= t) step++;
        if (!uses.has(cell)) uses.set(cell, []);
        uses.get(cell).push([step, t - this.first[step]]);
      });
    }
  }

  // The filter that a step writes: grids that show one filter at a time follow it.
  pageOf(index) {
    const grid = this.gridOf[this.writes];
    return Math.floor(this.steps[index].writes / (grid.rows * grid.columns));
  }

  shows(grid, plane, page) {
    return !grid.at_once || Math.floor(plane / grid.at_once) === page;
  }

  place(name, index) {
    const grid = this.gridOf[name];
    const area = grid.rows * grid.columns;
    const plane = grid.planes[Math.floor(index / area)];
    const inside = index % area;
    const [top, left] = this.corner?.[name] ?? [0, 0]; // a piece of a map counts as the map does
    const where = `row ${Math.floor(inside / grid.columns) + top + 1}, column ${(inside % grid.columns) + left + 1}`;
    return plane ? `${plane}, ${where}` : where;
  }

  isPadding(grid, index) {
    const [top, bottom, left, right] = grid.padding;
    const row = Math.floor(index / grid.columns) % grid.rows;
    const column = index % grid.columns;
    return row < top || row >= grid.rows - bottom || column < left || column >= grid.columns - right;
  }
}

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element[name] = value;
    else if (value !== null) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

// A text that stays what it was costs no layout.
function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
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
