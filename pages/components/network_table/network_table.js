// @ts-check
// The table of a network: everything in it comes from Python; here it is drawn, chosen from, and predicted in.

/** @import { NetworkColumn, NetworkLine, NetworkTablePayload } from "../payloads.d.ts" */
import { find, findAll, focusedBeside, make } from "../common/dom.js";
import { mountView } from "../common/mount.js";
import { drawDiagram } from "./diagram.js";

/**
 * Return an answer in the way answers are compared: 2,432 → 2432; 3 x 8 × 8 → 3×8×8.
 * @param {string} text
 */
export const normaliseAnswer = (text) => text.replace(/[\s,.']+/g, "").replace(/[x*]/gi, "×");

/**
 * Return what a key does to the layer whose button has the focus; null for nothing.
 * @param {{ key: string, altKey: boolean }} event
 */
export function actionOf({ key, altKey }) {
  if (altKey && key === "ArrowUp") return "up";
  if (altKey && key === "ArrowDown") return "down";
  if (key === "Delete") return "delete";
  return key.toLowerCase() === "d" ? "duplicate" : null;
}

class NetworkTable {
  /**
   * @param {HTMLElement} root
   * @param {NetworkTablePayload} data
   */
  constructor(root, data) {
    this.root = root;
    this.data = data;
    /** @type {Record<string, string>} what was answered, by the path of the layer */
    this.guesses = {};
    /** @type {(what: string, path: string) => void} */
    this.send = () => {};
  }

  /** @param {NetworkTablePayload} data */
  load(data) {
    const focused = focusedBeside(this.root)?.dataset.focus;
    if (this.data.predict !== data.predict) this.guesses = {};
    this.data = data;
    const scrolled = this.listScrolling().map(({ scrollLeft, scrollTop }) => ({ scrollLeft, scrollTop }));
    this.root.replaceChildren(this.drawDiagram(), this.buildScore(), this.buildTable());
    this.listScrolling().forEach((part, i) => Object.assign(part, scrolled[i]));
    // what was done with the keyboard is continued where it was done
    if (focused) this.focus(focused.startsWith("pick") ? `pick ${data.chosen}` : focused);
    this.root.dataset.shown = data.shown;
  }

  /** Return the parts that can be scrolled. */
  listScrolling() {
    return findAll(this.root, ".diagram, .scroll");
  }

  /** @param {string | undefined} name */
  focus(name) {
    findAll(this.root, `[data-focus="${name}"]`)[0]?.focus();
  }

  drawDiagram() {
    const { boxes, alt, chosen } = this.data;
    const room = this.root.clientWidth || 640;
    return drawDiagram(boxes, { alt, chosen, room, choose: (path) => this.send("choose", path) });
  }

  buildScore() {
    const asked = this.data.lines.filter((line) => line.question);
    if (!asked.length) return make("span");
    const right = asked.filter((line) => this.isSolved(line)).length;
    return make("p", { class: "score", role: "status" }, `${right} of ${asked.length} right`);
  }

  buildTable() {
    const { columns, lines, label } = this.data;
    const heads = columns.map(({ name, number, hint }) =>
      make("th", { scope: "col", class: number && "number", title: hint }, name),
    );
    const head = make("thead", {}, make("tr", {}, make("th", { scope: "col" }, "Layer"), ...heads));
    const body = make("tbody", {}, ...lines.flatMap((line) => this.buildRows(line)));
    const table = make("table", { "aria-label": label }, head, body);
    return make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": label }, table);
  }

  /**
   * Return the row of a layer, and below it what is wrong with the layer or with the visitor's answer.
   * @param {NetworkLine} line
   */
  buildRows(line) {
    const isChosen = line.path === this.data.chosen;
    const state = [isChosen && "chosen", line.problem && "wrong", line.waits && "waits"].filter(Boolean).join(" ");
    const kind = make("small", {}, make("b", {}, line.kind), line.settings && ` ${line.settings}`);
    const name = make("td", { class: "name", style: `--depth:${line.depth}` }, this.buildPick(line, isChosen), kind);
    const cells = this.data.columns.map((column) => this.buildCell(line, column));
    const rows = [make("tr", { class: state || false }, name, ...cells)];
    const across = { colspan: this.data.columns.length + 1 };
    const answer = this.describeMistake(line);
    if (line.problem) {
      rows.push(make("tr", { class: "sentence" }, make("td", { ...across, role: "alert" }, line.problem)));
    }
    if (answer) rows.push(make("tr", { class: "answer" }, make("td", { ...across, role: "status" }, answer)));
    return rows;
  }

  /** @type {(line: NetworkLine, isChosen: boolean) => HTMLButtonElement} */
  buildPick(line, isChosen) {
    const attributes = {
      type: "button",
      class: "pick",
      "aria-pressed": String(isChosen),
      "data-focus": `pick ${line.path}`,
      title: "Alt and arrow keys move it, Delete removes it, D makes it twice",
    };
    const pick = make("button", attributes, line.title);
    pick.onclick = () => this.send("choose", line.path);
    pick.onkeydown = (event) => this.onKey(event, pick, line);
    return pick;
  }

  /** @type {(line: NetworkLine, column: NetworkColumn) => HTMLElement} */
  buildCell(line, { name, number }) {
    if (name === this.data.predict && line.question) return this.buildGuess(line, number);
    const share = line.shares[name];
    const classes = [number && "number", share !== undefined && "bar"].filter(Boolean).join(" ");
    const style = share === undefined ? null : `--share:${share}`;
    return make("td", { class: classes || false, style }, line.cells[name] ?? "");
  }

  // ---- predicting -------------------------------------------------------------------------------------------------

  /** @param {NetworkLine} line */
  isSolved({ path, question }) {
    return question !== null && normaliseAnswer(this.guesses[path] ?? "") === normaliseAnswer(question.answer);
  }

  /** @type {(line: NetworkLine, isNumber: boolean) => HTMLElement} */
  buildGuess(line, isNumber) {
    const { predict } = this.data;
    if (this.isSolved(line)) {
      return make("td", { class: isNumber ? "number right" : "right" }, `✓ ${line.cells[predict]}`);
    }
    const guessed = this.guesses[line.path];
    const input = make("input", {
      class: guessed ? "guess miss" : "guess",
      "aria-label": `${predict} of ${line.title}`,
      "data-focus": `guess ${line.path}`,
      autocomplete: "off",
      value: guessed ?? "",
      "aria-invalid": guessed ? "true" : false,
    });
    input.onchange = () => this.takeGuess(line, input);
    input.onkeydown = (event) => {
      if (event.key === "Enter") this.takeGuess(line, input);
    };
    return make("td", { class: isNumber && "number" }, input);
  }

  /** @type {(line: NetworkLine, input: HTMLInputElement) => void} */
  takeGuess(line, input) {
    const guess = input.value.trim();
    if (guess === (this.guesses[line.path] ?? "")) return;
    this.guesses[line.path] = guess;
    const fields = findAll(this.root, ".guess");
    const next = fields[fields.indexOf(input) + (this.isSolved(line) ? 1 : 0)]?.dataset.focus;
    this.load(this.data);
    this.focus(next);
  }

  /**
   * Return why a guess is wrong: the term that differs where it is known, else the way to the answer.
   * @param {NetworkLine} line
   */
  describeMistake(line) {
    const guess = this.guesses[line.path];
    if (!line.question || !guess || this.isSolved(line)) return "";
    const known = Object.entries(line.question.slips);
    const slip = known.find(([answer]) => normaliseAnswer(answer) === normaliseAnswer(guess));
    return `${line.title}: ${slip ? slip[1] : `not yet. ${line.question.hint}`}`;
  }

  // ---- keys -------------------------------------------------------------------------------------------------------

  /** @type {(event: KeyboardEvent, pick: HTMLElement, line: NetworkLine) => void} */
  onKey(event, pick, line) {
    const action = actionOf(event);
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!action && !step) return;
    event.preventDefault();
    if (action) {
      this.send(action, line.path);
      return;
    }
    const picks = findAll(find(this.root, "table"), ".pick");
    const next = picks[picks.indexOf(pick) + (step ?? 0)];
    next?.focus();
    next?.click();
  }
}

export default mountView(
  ".network",
  (root, /** @type {NetworkTablePayload} */ data) => new NetworkTable(root, data),
  (table, data, send) => {
    table.send = (what, path) => send("acted", { what, path });
    table.load(data);
  },
);
