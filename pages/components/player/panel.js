// The panel: the arithmetic of one step, every sum a cell takes part in, the learner's own answer, the line of code.

const MOST_USES = 24; // more lines would be read by nobody, and cost a frame

class Panel {
  constructor({ release, check, hint, tell }) {
    this.title = make("span", {});
    this.pinChip = make("button", { type: "button", class: "chip", hidden: "", onclick: release }, "pinned: Esc or tap here to release");
    this.roundChip = make("span", { class: "chip", hidden: "" }, "shown to 4 decimals, added in full");
    this.code = make("pre", { class: "code", hidden: "", tabindex: 0, "aria-label": "The loops, the line now running marked" });
    this.values = make("p", { class: "values", hidden: "" });
    this.blocks = make("div", { class: "blocks" });
    this.sum = make("p", { class: "sum" });
    this.answer = this.buildAnswer(check, hint, tell);
    this.work = make("div", { class: "work" }, this.code, make("div", { class: "figures" }, this.values, this.blocks), this.sum, this.answer);
    this.uses = make("ul", { class: "uses", hidden: "" });
    this.element = make("section", { class: "panel", "aria-label": "Arithmetic of this step" },
      make("h3", {}, this.title, this.pinChip, this.roundChip), this.work, this.uses);
  }

  buildAnswer(check, hint, tell) {
    this.field = make("input", { type: "text", inputmode: "text", autocomplete: "off", "aria-label": "Your answer", placeholder: "?" });
    this.verdict = make("p", { class: "verdict", role: "status" });
    const form = make("form", {}, make("span", {}, "Your answer:"), this.field, make("button", { type: "submit", class: "main" }, "Check"),
      make("button", { type: "button", onclick: hint }, "Hint"), make("button", { type: "button", onclick: tell }, "Tell me"));
    form.onsubmit = (event) => { event.preventDefault(); check(this.field.value); };
    return make("div", { class: "answer", hidden: "" }, form, this.verdict);
  }

  load(trace, stage) {
    this.trace = trace;
    this.stage = stage;
    this.code.hidden = !trace.loops;
    const { left, right } = trace;
    const factors = [left, right].filter(Boolean).map((name) => Math.max(...trace.gridOf[name].texts.map((text) => text.length)));
    this.blocks.classList.toggle("long", factors.length > 1 && factors[0] + factors[1] > 11);
    if (trace.loops) this.code.replaceChildren(...trace.loops.lines.map((line) => make("span", { class: "line" }, `${line}\n`)));
  }

  // One step. `done` terms are worked out (all without loops and predicting); `open` hides the total.
  showStep(index, { done, open, predicting }) {
    const step = this.trace.step(index);
    const all = step.terms.length;
    this.title.textContent = `${this.trace.gridOf[this.trace.writes].label}, ${this.trace.place(this.trace.writes, step.writes)}`;
    this.drawBlocks(step, done);
    this.drawSum(step, open || done < all);
    this.roundChip.hidden = !step.rounded;
    this.answer.hidden = !predicting;
    this.work.hidden = false;
    this.uses.hidden = true;
    if (this.trace.loops) this.lightCode(index, done, all);
  }

  drawSum(step, open) {
    const spans = step.lines.map((line, i) => {
      const last = i === step.lines.length - 1;
      const shown = make("span", { class: "line" }, last ? line.slice(0, -step.total.length) : line);
      if (last) shown.append(make("b", {}, step.total));
      return shown;
    });
    this.sum.replaceChildren(...spans);
    this.sum.hidden = open;
  }

  // Terms stand as their window does, channel by channel, each channel with its own sum below.
  drawBlocks(step, done) {
    const { left, right } = this.trace;
    const area = this.trace.gridOf[left].rows * this.trace.gridOf[left].columns;
    const groups = [];
    step.terms.forEach((term, i) => {
      const plane = Math.floor(term.left / area);
      if (groups.at(-1)?.plane !== plane) groups.push({ plane, from: i, to: i });
      groups.at(-1).to = i + 1;
    });
    const texts = [this.trace.gridOf[left].texts, right && this.trace.gridOf[right].texts];
    const roles = [this.trace.gridOf[left].role, right && this.trace.gridOf[right].role];
    this.blocks.querySelector(".nothing")?.remove();
    while (this.blocks.children.length > groups.length) this.blocks.lastChild.remove();
    while (this.blocks.children.length < groups.length) {
      this.blocks.append(make("div", { class: "block" }, make("small", { class: "name" }), make("div", { class: "terms" }), make("p", { class: "part" })));
    }
    groups.forEach((group, g) => {
      const [name, tiles, part] = this.blocks.children[g].children;
      const several = groups.length > 1;
      name.textContent = several ? this.trace.gridOf[left].planes[group.plane] : "";
      part.textContent = several && step.parts.length && done >= group.to ? `Σ ${step.parts[g]}` : "";
      tiles.style.setProperty("--terms", this.trace.tile_columns || this.windowWidth(step.terms.slice(group.from, group.to)));
      this.drawTiles(tiles, step, group, done, texts, roles);
    });
    if (!groups.length) this.blocks.replaceChildren(make("p", { class: "nothing" }, "Nothing reaches this cell."));
  }

  drawTiles(tiles, step, { from, to }, done, [left, right], [leftRole, rightRole]) {
    while (tiles.children.length > to - from) tiles.lastChild.remove();
    while (tiles.children.length < to - from) {
      tiles.append(make("div", { class: "term" }, ...["value", "times", "weight", "product", "running"].map((cls) => make("span", { class: cls }))));
    }
    for (let i = from; i < to; i++) {
      const term = step.terms[i];
      const tile = tiles.children[i - from];
      const [value, times, weight, result, sum] = tile.children;
      const single = term.right === NONE;
      const color = this.stage.tintOf(term, i, step.terms.length);
      if (tile.tint !== color) tile.style.setProperty("--tint", (tile.tint = color));
      tile.classList.toggle("chosen", i === step.chosen && done >= to);
      tile.classList.toggle("later", Boolean(this.trace.loops) && i > done);
      value.dataset.role = leftRole;
      weight.dataset.role = rightRole ?? "";
      times.hidden = weight.hidden = result.hidden = single;
      put(value, left[term.left]);
      put(times, "×");
      put(weight, single ? "" : right[term.right]);
      put(result, single ? "" : `= ${i < done ? term.product : "?"}`);
      if (i >= done) put(sum, "\u00a0");
      else if (term.running) put(sum, `Σ ${term.running}`);
      else put(sum, i === step.chosen ? "largest" : "");
    }
  }

  // As many to a row as the window has cells in its first row.
  windowWidth(terms) {
    const { columns } = this.trace.gridOf[this.trace.left];
    const row = Math.floor(terms[0].left / columns);
    const next = terms.findIndex(({ left }) => Math.floor(left / columns) !== row);
    return next < 0 ? terms.length : next;
  }

  // The line of the loops that has just run, with what its variables hold.
  lightCode(index, done, all) {
    const { lit, step, term } = this.trace.loops;
    const line = done === 0 ? lit.start : done < all ? lit.term : lit.end;
    [...this.code.children].forEach((element, i) => element.classList.toggle("now", i === line));
    this.values.textContent = `${step[index]}${done > 0 && done <= all ? `   ${term[done - 1]}` : ""}`;
    this.values.hidden = false;
  }

  // An input value or a weight: every sum it takes part in.
  showUses({ grid, index }) {
    const { trace, stage } = this;
    const uses = trace.usesOf[grid].get(index) ?? [];
    const right = trace.right && trace.gridOf[trace.right].texts;
    const items = uses.slice(0, MOST_USES).map(([s, t]) => {
      const step = trace.step(s);
      const term = step.terms[t];
      const times = term.right === NONE ? "" : ` × ${right[term.right]} = ${term.product}`;
      const text = `${trace.gridOf[trace.left].texts[term.left]}${times} → ${trace.place(trace.writes, step.writes)}`;
      return make("li", { style: `--tint:${stage.tintOf(term, t, step.terms.length)}` }, text);
    });
    const count = uses.length === 1 ? "1 output" : `${uses.length} outputs`;
    const visited = uses.length ? `takes part in ${count}` : "is never visited by any window";
    this.title.textContent = `${trace.gridOf[grid].label}, ${trace.place(grid, index)}: ${trace.gridOf[grid].texts[index]} ${visited}`;
    if (uses.length > MOST_USES) items.push(make("li", {}, `and ${uses.length - MOST_USES} more, lit above`));
    this.uses.replaceChildren(...items);
    this.work.hidden = this.roundChip.hidden = true;
    this.uses.hidden = false;
  }

  say(verdict, kind = "") {
    this.verdict.textContent = verdict;
    this.verdict.dataset.kind = kind;
  }
}
