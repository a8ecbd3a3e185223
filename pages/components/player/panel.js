// @ts-check
// The panel: the arithmetic of one step, every sum a cell takes part in, the learner's own answer, the line of code.

/** @import { LoopCode } from "../payloads.d.ts" */
/** @import { Target } from "./editing.js" */
/** @import { Stage } from "./stage.js" */
/** @import { PlayedTrace, Step, Term } from "./trace.js" */
import { find, make, writeText } from "../common/dom.js";
import { NO_CELL } from "./trace.js";

const MOST_USES = 24; // more lines would be read by nobody, and cost a frame
const LONG_FACTORS = 11; // letters of a value and a weight together; longer ones get wider tiles
const TILE_PARTS = ["value", "times", "weight", "product", "running"];

/** @typedef {{ plane: number, from: number, to: number }} Group the terms of one channel */

/** @typedef {object} StepState how much of a step is shown
 * @property {number} done terms that are worked out: all without loops and predicting
 * @property {boolean} isOpen whether the learner has still to find the total
 * @property {boolean} isPredicting whether the learner is asked for it
 */

/**
 * @typedef {object} PanelActions what the panel does to the player
 * @property {() => void} release
 * @property {(answer: string) => void} check
 * @property {() => void} hint
 * @property {() => void} tell
 */

export class Panel {
  /**
   * @param {PlayedTrace} trace
   * @param {Stage} stage
   * @param {PanelActions} on
   */
  constructor(trace, stage, on) {
    this.trace = trace;
    this.stage = stage;
    this.title = make("span");
    const release = { type: "button", class: "chip", hidden: true, onclick: on.release };
    this.pinChip = make("button", release, "pinned: Esc or tap here to release");
    this.roundChip = make("span", { class: "chip", hidden: true }, "shown to 4 decimals, added in full");
    const code = "The loops, the line now running marked";
    this.code = make("pre", { class: "code", hidden: true, tabindex: 0, "aria-label": code });
    this.values = make("p", { class: "values", hidden: true });
    this.blocks = make("div", { class: "blocks" });
    this.sum = make("p", { class: "sum" });
    this.field = make("input", { type: "text", inputmode: "text", autocomplete: "off", "aria-label": "Your answer" });
    this.field.placeholder = "?";
    this.verdict = make("p", { class: "verdict", role: "status" });
    this.answer = this.buildAnswer(on);
    const figures = make("div", { class: "figures" }, this.values, this.blocks);
    this.work = make("div", { class: "work" }, this.code, figures, this.sum, this.answer);
    this.uses = make("ul", { class: "uses", hidden: true });
    const head = make("h3", {}, this.title, this.pinChip, this.roundChip);
    const attributes = { class: "panel", "aria-label": "Arithmetic of this step" };
    this.element = make("section", attributes, head, this.work, this.uses);
  }

  /** @param {PanelActions} on */
  buildAnswer(on) {
    const form = make(
      "form",
      {},
      make("span", {}, "Your answer:"),
      this.field,
      make("button", { type: "submit", class: "main" }, "Check"),
      make("button", { type: "button", onclick: on.hint }, "Hint"),
      make("button", { type: "button", onclick: on.tell }, "Tell me"),
    );
    form.onsubmit = (event) => {
      event.preventDefault();
      on.check(this.field.value);
    };
    return make("div", { class: "answer", hidden: true }, form, this.verdict);
  }

  /** @param {PlayedTrace} trace */
  load(trace) {
    this.trace = trace;
    const { left, right, gridOf } = trace;
    const { loops } = trace.data;
    /** @param {string} name */
    const longest = (name) => Math.max(...gridOf[name].texts.map((text) => text.length));
    this.blocks.classList.toggle("long", right !== null && longest(left) + longest(right) > LONG_FACTORS);
    this.code.hidden = !loops;
    if (loops) this.code.replaceChildren(...loops.lines.map((line) => make("span", { class: "line" }, `${line}\n`)));
  }

  /**
   * Show the arithmetic of a step.
   * @param {number} index
   * @param {StepState} state
   */
  showStep(index, { done, isOpen, isPredicting }) {
    const { writes, gridOf, data } = this.trace;
    const step = this.trace.step(index);
    const all = step.terms.length;
    this.title.textContent = `${gridOf[writes].label}, ${this.trace.describePlace(writes, step.writes)}`;
    this.drawBlocks(step, done);
    this.writeSum(step, isOpen || done < all);
    this.roundChip.hidden = !step.rounded;
    this.answer.hidden = !isPredicting;
    this.work.hidden = false;
    this.uses.hidden = true;
    if (data.loops) this.lightCode(data.loops, index, done, all);
  }

  /**
   * @param {Step} step
   * @param {boolean} isHidden
   */
  writeSum({ lines, total }, isHidden) {
    const last = lines[lines.length - 1] ?? "";
    const spans = lines.slice(0, -1).map((line) => make("span", { class: "line" }, line));
    spans.push(make("span", { class: "line" }, last.slice(0, -total.length), make("b", {}, total)));
    this.sum.replaceChildren(...spans);
    this.sum.hidden = isHidden;
  }

  // ---- the terms --------------------------------------------------------------------------------------------------

  /**
   * Draw the terms as their window stands, channel by channel, each channel with its own sum below.
   * @param {Step} step
   * @param {number} done
   */
  drawBlocks(step, done) {
    const grid = this.trace.gridOf[this.trace.left];
    const groups = groupTerms(step.terms, grid.rows * grid.columns);
    if (!groups.length) {
      this.blocks.replaceChildren(make("p", { class: "nothing" }, "Nothing reaches this cell."));
      return;
    }
    this.blocks.querySelector(".nothing")?.remove();
    keepChildren(this.blocks, groups.length, buildBlock);
    const isSeveral = groups.length > 1;
    groups.forEach((group, i) => {
      const block = this.blocks.children[i];
      const tiles = find(block, ".terms");
      const terms = step.terms.slice(group.from, group.to);
      const perRow = this.trace.data.tile_columns || windowWidth(terms, grid.columns);
      const isSummed = isSeveral && step.parts.length > 0 && done >= group.to;
      find(block, ".name").textContent = isSeveral ? grid.planes[group.plane] : "";
      find(block, ".part").textContent = isSummed ? `Σ ${step.parts[i]}` : "";
      tiles.style.setProperty("--terms", String(perRow));
      keepChildren(tiles, terms.length, buildTile);
      terms.forEach((_, t) => this.fillTile(/** @type {HTMLElement} */ (tiles.children[t]), step, group, t, done));
    });
  }

  /**
   * @param {HTMLElement} tile
   * @param {Step} step
   * @param {Group} group
   * @param {number} place of the term in its group
   * @param {number} done
   */
  fillTile(tile, step, { from, to }, place, done) {
    const { gridOf, left, right, data } = this.trace;
    const i = from + place;
    const term = step.terms[i];
    const weights = right === null ? null : gridOf[right];
    const [value, times, weight, product, sum] = /** @type {HTMLElement[]} */ ([...tile.children]);
    const isSingle = term.right === NO_CELL;
    const colour = this.stage.termTint(term, i, step.terms.length);
    if (tile.style.getPropertyValue("--tint") !== colour) tile.style.setProperty("--tint", colour);
    tile.classList.toggle("chosen", i === step.chosen && done >= to);
    tile.classList.toggle("later", Boolean(data.loops) && i > done);
    value.dataset.role = gridOf[left].role;
    weight.dataset.role = weights?.role ?? "";
    times.hidden = weight.hidden = product.hidden = isSingle;
    writeText(value, gridOf[left].texts[term.left]);
    writeText(times, "×");
    writeText(weight, isSingle || !weights ? "" : weights.texts[term.right]);
    writeText(product, isSingle ? "" : `= ${i < done ? term.product : "?"}`);
    if (i >= done) writeText(sum, "\u00a0");
    else if (term.running) writeText(sum, `Σ ${term.running}`);
    else writeText(sum, i === step.chosen ? "largest" : "");
  }

  /**
   * Mark the line of the loops that has just run, with what its variables hold.
   * @param {LoopCode} loops
   * @param {number} index of the step
   * @param {number} done
   * @param {number} all
   */
  lightCode({ lit, step, term }, index, done, all) {
    const line = done === 0 ? lit.start : done < all ? lit.term : lit.end;
    [...this.code.children].forEach((element, i) => element.classList.toggle("now", i === line));
    this.values.textContent = `${step[index]}${done > 0 && done <= all ? `   ${term[done - 1]}` : ""}`;
    this.values.hidden = false;
  }

  // ---- uses of a cell ---------------------------------------------------------------------------------------------

  /**
   * Show every sum that an input value or a weight takes part in.
   * @param {Target} target
   */
  showUses({ grid, index }) {
    const { trace } = this;
    const uses = trace.usesOf[grid].get(index) ?? [];
    const items = uses.slice(0, MOST_USES).map(([s, t]) => {
      const step = trace.step(s);
      const tint = this.stage.termTint(step.terms[t], t, step.terms.length);
      return make("li", { style: `--tint:${tint}` }, this.describeUse(step, step.terms[t]));
    });
    const count = uses.length === 1 ? "1 output" : `${uses.length} outputs`;
    const visited = uses.length ? `takes part in ${count}` : "is never visited by any window";
    const { label, texts } = trace.gridOf[grid];
    this.title.textContent = `${label}, ${trace.describePlace(grid, index)}: ${texts[index]} ${visited}`;
    if (uses.length > MOST_USES) items.push(make("li", {}, `and ${uses.length - MOST_USES} more, lit above`));
    this.uses.replaceChildren(...items);
    this.work.hidden = this.roundChip.hidden = true;
    this.uses.hidden = false;
  }

  /** @type {(step: Step, term: Term) => string} */
  describeUse(step, term) {
    const { left, right, writes, gridOf } = this.trace;
    const weight = right === null || term.right === NO_CELL ? "" : ` × ${gridOf[right].texts[term.right]}`;
    const product = weight && `${weight} = ${term.product}`;
    return `${gridOf[left].texts[term.left]}${product} → ${this.trace.describePlace(writes, step.writes)}`;
  }

  /**
   * Say whether an answer is right.
   * @param {string} verdict
   * @param {"" | "right" | "wrong"} [kind]
   */
  say(verdict, kind = "") {
    this.verdict.textContent = verdict;
    this.verdict.dataset.kind = kind;
  }
}

/**
 * Return the terms of each channel in a row of terms.
 * @param {Term[]} terms
 * @param {number} area cells of a channel
 */
export function groupTerms(terms, area) {
  /** @type {Group[]} */
  const groups = [];
  terms.forEach(({ left }, i) => {
    const plane = Math.floor(left / area);
    const last = groups[groups.length - 1];
    if (last?.plane === plane) last.to = i + 1;
    else groups.push({ plane, from: i, to: i + 1 });
  });
  return groups;
}

/**
 * Return how many terms stand in a row: as many as the window has cells in its first row.
 * @param {Term[]} terms
 * @param {number} columns of what they read
 */
export function windowWidth(terms, columns) {
  const row = Math.floor(terms[0].left / columns);
  const next = terms.findIndex(({ left }) => Math.floor(left / columns) !== row);
  return next < 0 ? terms.length : next;
}

/** @type {(element: Element, count: number, build: () => HTMLElement) => void} what is there is used again */
function keepChildren(element, count, build) {
  while (element.children.length > count) element.lastElementChild?.remove();
  while (element.children.length < count) element.append(build());
}

function buildBlock() {
  const parts = [make("small", { class: "name" }), make("div", { class: "terms" }), make("p", { class: "part" })];
  return make("div", { class: "block" }, ...parts);
}

const buildTile = () => make("div", { class: "term" }, ...TILE_PARTS.map((part) => make("span", { class: part })));
