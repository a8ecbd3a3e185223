// @ts-check
// The player: draws a trace (pages/components/player/__init__.py sends it) and lets the learner walk through it.
// It computes nothing: every number and every sentence comes ready-made from cnn_core.trace.

/** @import { PlayerEdit, PlayerPayload } from "../payloads.d.ts" */
/** @import { Target } from "./editing.js" */
import { closest, find, make } from "../common/dom.js";
import { mountView } from "../common/mount.js";
import { clamp } from "../common/numbers.js";
import { Controls } from "./controls.js";
import { Editing } from "./editing.js";
import { handleKey } from "./key_actions.js";
import { LinkWriter, readLink } from "./link.js";
import { Panel } from "./panel.js";
import { Playback } from "./playback.js";
import { Prediction } from "./predict.js";
import { Stage } from "./stage.js";
import { nextUnsolved, stepThroughLoops } from "./stepping.js";
import { isOnDark } from "./tints.js";
import { PlayedTrace } from "./trace.js";

export class Player {
  /**
   * @param {HTMLElement} root
   * @param {PlayerPayload} data
   */
  constructor(root, data) {
    this.root = root;
    this.trace = new PlayedTrace(data);
    this.signature = ""; // of the data that is shown
    /** @type {string | undefined} what the page last opened the player for */
    this.startOf = undefined;
    this.step = 0;
    /** @type {number | null} terms of the step that are worked out, in loops; null for all */
    this.done = null;
    /** @type {Target | null} the cell that is pointed at, or pinned */
    this.hover = null;
    /** @type {Target | null} the cell under the pointer, which a release returns to */
    this.under = null;
    this.isPinned = false;
    /** @type {Set<number>} steps whose output is uncovered */
    this.seen = new Set();
    this.frameRequest = 0;
    this.link = new LinkWriter(root);
    /** @type {(edits: PlayerEdit[]) => void} */
    this.send = () => {};
    this.prediction = new Prediction();
    this.stage = new Stage(this.trace, isOnDark(root));
    this.editing = this.buildEditing();
    this.panel = this.buildPanel();
    this.controls = this.buildControls();
    this.playback = this.buildPlayback();
    this.live = make("div", { class: "visually-hidden", "aria-live": "polite" });
    this.resize = new ResizeObserver(() => this.fit());
    this.assemble();
    this.listen();
  }

  buildEditing() {
    return new Editing(this.trace, this.stage, {
      post: (edits) => this.send(edits),
      move: (target) => this.pin(target),
    });
  }

  buildPanel() {
    return new Panel(this.trace, this.stage, {
      release: () => this.release(),
      check: (text) => this.check(text),
      hint: () => this.hint(),
      tell: () => this.tell(),
    });
  }

  buildControls() {
    return new Controls(this.trace, {
      toggle: () => this.playback.toggle(),
      jump: (step) => this.jump(step),
      advance: (by) => this.advance(by),
      changeSpeed: () => this.playback.changeSpeed(),
      reveal: () => this.revealAll(),
      predict: () => this.setPredict(!this.prediction.isOn),
      step: () => this.step,
    });
  }

  assemble() {
    const { transport, status, legend } = this.controls;
    this.root.append(transport, status, this.stage.element, this.panel.element, legend, this.live);
  }

  listen() {
    const { root } = this;
    this.resize.observe(root);
    root.onkeydown = (event) => handleKey(this, event);
    root.onpointerdown = (event) => this.onPress(event);
    root.onpointerover = (event) => this.onHover(event);
    root.onpointerleave = () => this.unhover();
    root.ondblclick = (event) => this.editing.open(targetOf(event));
    root.onpaste = (event) => this.onPaste(event);
  }

  unmount() {
    cancelAnimationFrame(this.frameRequest);
    this.editing.close();
    this.playback.pause();
    this.resize.disconnect();
  }

  // ---- loading ----------------------------------------------------------------------------------------------------

  /**
   * Load what Python sent; a player beside what is being worked on waits until that is painted.
   * @param {PlayerPayload} data
   */
  loadSoon(data) {
    cancelAnimationFrame(this.frameRequest);
    if (!this.signature || !data.aside) {
      this.load(data);
      return;
    }
    this.frameRequest = requestAnimationFrame(() => {
      this.frameRequest = requestAnimationFrame(() => this.load(data));
    });
  }

  /** @param {PlayerPayload} data */
  load(data) {
    const isDark = isOnDark(this.root);
    const { seen, ...shown } = data;
    this.editing.outbox.noteSeen(seen);
    const signature = JSON.stringify(shown) + isDark;
    if (signature === this.signature) return;
    this.playback.pause();
    const isFirst = this.signature === "";
    const { count } = this.trace;
    this.signature = signature;
    this.trace = new PlayedTrace(data);
    const isFresh = this.stage.load(this.trace, isDark);
    this.panel.load(this.trace);
    this.editing.load(this.trace);
    this.controls.load(this.trace);
    this.seen.clear();
    this.prediction.reset();
    // the same grids, or the same steps drawn in another way: the learner's place is kept
    if (isFirst) this.restore();
    else if (isFresh) this.forgetPlace(count === this.trace.count ? this.step : 0);
    // a page may open the player at a step of its own, once for each thing that it shows
    if (data.start && data.start.of !== this.startOf) this.step = data.start.step;
    this.startOf = data.start?.of;
    this.done = null;
    this.reveal(this.step);
    if (this.trace.isAside) this.revealAll();
    this.fit();
    this.root.dataset.ready = "true";
  }

  /** @param {number} step */
  forgetPlace(step) {
    this.step = step;
    this.hover = null;
    this.under = null;
    this.isPinned = false;
  }

  fit() {
    if (!this.signature) return; // the observer may be quicker than the data
    this.stage.fit(this.root.clientWidth);
    const { element } = this.panel;
    element.style.minHeight = "";
    this.show();
    element.style.minHeight = `${element.offsetHeight}px`; // what follows must not jump while hovering
  }

  // ---- the link ---------------------------------------------------------------------------------------------------

  restore() {
    const { step, isPredicting } = readLink(this.trace.isAside ? "" : window.location.search);
    this.forgetPlace(this.clampStep(step));
    if (isPredicting) this.setPredict(true);
  }

  keepInLink() {
    if (this.trace.isAside) return; // the address holds one step, that of the page's main player
    this.link.write({ step: this.step, isPredicting: this.prediction.isOn });
  }

  // ---- moving -----------------------------------------------------------------------------------------------------

  /** @param {number} step */
  clampStep(step) {
    return clamp(step, 0, this.trace.count - 1);
  }

  unpin() {
    this.isPinned = false;
    this.hover = null;
  }

  /** @param {number} step */
  jump(step) {
    this.playback.pause();
    this.unpin();
    this.go(step);
  }

  /**
   * Show a step.
   * @param {number} step
   * @param {number | null} [done] terms that are worked out
   */
  go(step, done = null) {
    this.step = this.clampStep(step);
    this.done = done;
    this.panel.say("");
    this.panel.field.value = "";
    this.reveal(this.step);
    this.show();
    this.keepInLink();
  }

  /**
   * Go on by one step; through loops by one product.
   * @param {number} by 1 or −1
   */
  advance(by) {
    if (this.trace.data.loops) {
      this.playback.pause();
      this.tick(by);
    } else this.jump(this.step + by);
  }

  tick(by = 1) {
    if (!this.trace.data.loops) {
      this.go(this.step + by);
      return;
    }
    this.unpin();
    const size = { terms: this.trace.step(this.step).terms.length, count: this.trace.count };
    const next = stepThroughLoops({ step: this.step, done: this.done }, by, size);
    if (next.step !== this.step) this.go(next.step, next.done);
    else {
      this.done = next.done;
      this.show();
    }
  }

  isAtEnd() {
    const isLast = this.step >= this.trace.count - 1;
    if (!isLast || !this.trace.data.loops) return isLast;
    return this.done === null || this.done >= this.trace.step(this.step).terms.length;
  }

  /**
   * Step up or down in the plane, which stops at its edge; left and right run on into the next row, as reading does.
   * @param {number} rows
   * @param {number} columns
   */
  moveBy(rows, columns) {
    if (columns) {
      this.advance(columns);
      return;
    }
    const target = this.trace.stepBelow(this.step, rows);
    if (target !== undefined) this.jump(target);
  }

  // ---- playing ----------------------------------------------------------------------------------------------------

  buildPlayback() {
    return new Playback({
      speed: () => Number(this.controls.speed.value),
      isAtEnd: () => this.isAtEnd(),
      begin: () => this.beginPlaying(),
      tick: () => this.tick(),
      note: (isPlaying) => {
        this.controls.showPlaying(isPlaying);
        if (!isPlaying) this.announce();
      },
    });
  }

  beginPlaying() {
    this.unpin();
    if (!this.isAtEnd()) return;
    this.step = this.trace.data.loops ? 0 : -1; // the first tick shows step 0
    this.done = 0;
  }

  /** @param {number} step */
  reveal(step) {
    if (this.seen.has(step) || this.prediction.isOpen(step)) return;
    this.seen.add(step);
    this.stage.reveal(this.trace.data.steps[step].writes);
  }

  revealAll() {
    for (let step = 0; step < this.trace.count; step++) this.reveal(step);
  }

  // ---- predicting -------------------------------------------------------------------------------------------------

  /** @param {boolean} isOn */
  setPredict(isOn) {
    this.playback.pause();
    this.prediction.isOn = isOn;
    this.prediction.reset();
    this.controls.showPredicting(isOn);
    this.root.classList.toggle("predicting", isOn);
    this.seen.clear();
    this.stage.fill(this.trace.gridOf[this.trace.writes]);
    this.reveal(this.step);
    this.fit();
    this.keepInLink();
    if (isOn) this.panel.field.focus({ preventScroll: true });
  }

  /** @param {string} text the learner's answer */
  check(text) {
    if (this.prediction.solved.has(this.step)) {
      this.goToUnsolved();
      return;
    }
    const { steps, slips } = this.trace.data;
    const known = { total: steps[this.step].total, slips: slips?.[this.step] ?? [] };
    const wrong = this.prediction.check(this.step, text, known);
    if (wrong === null) this.solve("Right! Enter goes on to the next.", "right");
    else this.panel.say(wrong, "wrong");
    this.show();
  }

  /**
   * @param {string} verdict
   * @param {"" | "right"} [kind]
   */
  solve(verdict, kind) {
    this.prediction.solved.add(this.step);
    this.reveal(this.step);
    this.panel.say(verdict, kind);
    this.panel.field.focus({ preventScroll: true });
  }

  hint() {
    const { terms } = this.trace.step(this.step);
    const isMore = this.prediction.giveHint(this.step, terms.length);
    if (!isMore) this.panel.say("Every product is there: add them up.");
    this.show();
  }

  tell() {
    this.prediction.tried.add(this.step);
    this.solve("So it is. Enter goes on to the next.");
    this.show();
  }

  goToUnsolved() {
    const step = nextUnsolved(this.step, this.trace.count, this.prediction.solved);
    if (step === null) this.panel.say("Every output is found.", "right");
    else this.jump(step);
  }

  // ---- pointing ---------------------------------------------------------------------------------------------------

  /** @param {PointerEvent} event */
  onHover(event) {
    const target = targetOf(event);
    this.under = target;
    // a pointer at rest must not take the question away
    if (this.isPinned || this.editing.opened || this.prediction.isOn) return;
    if (!target) {
      this.unhover();
      return;
    }
    this.playback.pause();
    this.hover = target;
    this.show();
  }

  unhover() {
    this.under = null;
    if (this.isPinned || !this.hover) return;
    this.hover = null;
    this.show();
  }

  /** @param {PointerEvent} event */
  onPress(event) {
    const target = targetOf(event);
    if (!target) return;
    this.playback.pause();
    this.editing.close();
    const isAgain = this.isPinned && this.hover?.grid === target.grid && this.hover.index === target.index;
    const isMouse = event.pointerType === "mouse";
    const canEdit = this.editing.canEdit(target);
    this.pin(target, !isAgain || !isMouse || canEdit);
    if (!isAgain || !canEdit || isMouse) return;
    event.preventDefault();
    this.editing.open(target); // a second tap opens the keyboard
  }

  /**
   * Keep a cell as the one that is looked at.
   * @param {Target} target
   * @param {boolean} [isPinned]
   */
  pin(target, isPinned = true) {
    this.isPinned = isPinned;
    this.hover = target;
    const { element, cells } = this.stage;
    const plane = cells[target.grid][target.index].closest(".plane[tabindex]");
    const keyed = plane ?? find(element, `.one:not([hidden]) .plane[data-grid="${this.trace.writes}"]`);
    /** @type {HTMLElement} */ (keyed).focus({ preventScroll: true }); // so that the keys go on from here
    const step = target.grid === this.trace.writes ? this.trace.stepAt.get(target.index) : undefined;
    if (step === undefined) this.show();
    else this.go(step);
    this.announce();
  }

  release() {
    this.isPinned = false;
    this.hover = this.prediction.isOn ? null : this.under;
    this.show();
  }

  /** @param {ClipboardEvent} event */
  onPaste(event) {
    if (!this.isPinned || !this.editing.canEdit(this.hover)) return;
    event.preventDefault();
    this.editing.paste(this.hover, event.clipboardData?.getData("text") ?? "");
  }

  // ---- showing ----------------------------------------------------------------------------------------------------

  show() {
    this.stage.unlight();
    const { writes, usesOf, stepAt } = this.trace;
    const isUse = this.hover !== null && this.hover.grid !== writes && this.hover.grid in usesOf;
    const hovered = this.hover?.grid === writes ? stepAt.get(this.hover.index) : undefined;
    if (isUse && this.hover) this.showUses(this.hover);
    else this.showStep(hovered ?? this.step);
    this.panel.pinChip.hidden = !this.isPinned;
    const worked = this.trace.termsBefore(this.step) + (this.done ?? this.trace.step(this.step).terms.length);
    const score = this.prediction.isOn ? this.prediction.describeScore(this.trace.count) : "";
    this.controls.show(this.step, worked, score);
  }

  /** @param {number} index */
  showStep(index) {
    const step = this.trace.step(index);
    const isOpen = this.prediction.isOpen(index);
    const page = this.trace.pageOf(index);
    if (!isOpen) this.reveal(index);
    this.stage.turnTo(page);
    this.controls.showPage(page);
    const through = this.trace.data.loops && index === this.step ? this.done : null;
    this.stage.lightStep(step, through === null ? null : through - 1);
    const done = isOpen ? (this.prediction.hints.get(index) ?? 0) : (through ?? step.terms.length);
    const isPredicting = this.prediction.isOn && index === this.step;
    this.panel.showStep(index, { done, isOpen, isPredicting });
    if (!this.playback.isOn && !isOpen) this.announce();
  }

  /** @param {Target} target an input value or a weight */
  showUses(target) {
    this.stage.lightUses(target, this.trace.pageOf(this.step));
    this.panel.showUses(target);
  }

  announce() {
    if (this.prediction.isOpen(this.step)) return;
    const { lines } = this.trace.data.steps[this.step];
    this.live.textContent = `${this.panel.title.textContent}: ${lines.join("; ")}`;
  }
}

/**
 * Return the cell that an event happened on; null for none.
 * @param {Event} event
 * @returns {Target | null}
 */
function targetOf(event) {
  const cell = closest(event, ".cell");
  return cell && { grid: cell.dataset.grid ?? "", index: Number(cell.dataset.index) };
}

export default mountView(
  ".player",
  (root, /** @type {PlayerPayload} */ data) => new Player(root, data),
  (player, data, send) => {
    player.send = (edits) => send("edited", edits);
    player.loadSoon(data);
  },
  (player) => player.unmount(),
);
