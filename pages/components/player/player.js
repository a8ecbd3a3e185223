// The player: draws a trace (pages/components/player/__init__.py sends it) and lets the learner walk through it.
// It computes nothing: every number and every sentence comes ready-made from cnn_core.trace.

const players = new WeakMap();

export default function ({ parentElement, data, setTriggerValue }) {
  let player = players.get(parentElement);
  if (!player) {
    player = new Player(parentElement.querySelector(".player"));
    players.set(parentElement, player);
  }
  player.send = (edits) => setTriggerValue("edited", edits);
  // A player beside what is being worked on waits until that is painted.
  cancelAnimationFrame(player.later);
  if (player.trace && data.aside) player.later = requestAnimationFrame(() => { player.later = requestAnimationFrame(() => player.load(data)); });
  else player.load(data);
  return () => {
    cancelAnimationFrame(player.later);
    player.editing.close();
    player.pause();
    player.resize.disconnect();
    players.delete(parentElement);
  };
}

const STEP_MS = 250;
const LINK_MS = 250;
class Player {
  constructor(root) {
    this.root = root;
    this.timer = null;
    this.stage = new Stage();
    this.prediction = new Prediction();
    this.editing = new Editing((edits) => this.send(edits), (target) => this.pin(target));
    this.panel = new Panel({
      release: () => this.release(), check: (text) => this.check(text), hint: () => this.hint(), tell: () => this.tell(),
    });
    this.controls = new Controls({
      toggle: () => (this.timer ? this.pause() : this.play()), speed: () => this.timer && (this.pause(), this.play()),
      jump: (step) => this.jump(step), advance: (by) => this.advance(by), reveal: () => this.revealAll(),
      predict: () => this.setPredict(!this.prediction.on), step: () => this.step,
    });
    this.live = make("div", { class: "visually-hidden", "aria-live": "polite" });
    root.append(this.controls.transport, this.controls.status, this.stage.element, this.panel.element, this.controls.legend, this.live);
    this.resize = new ResizeObserver(() => this.fit());
    this.resize.observe(root);
    root.onkeydown = (event) => this.onKey(event);
    root.onpointerdown = (event) => this.onPress(event);
    root.onpointerover = (event) => this.onHover(event);
    root.onpointerleave = () => this.unhover();
    root.ondblclick = (event) => this.editing.open(this.target(event));
    root.onpaste = (event) => this.onPaste(event);
  }

  load(data) {
    const dark = isDark(this.root);
    const { seen, ...shown } = data;
    this.editing.seen(seen);
    const signature = JSON.stringify(shown) + dark;
    if (signature === this.signature) return;
    this.pause();
    const count = this.trace?.count;
    this.signature = signature;
    this.trace = new PlayedTrace(data);
    const fresh = this.stage.load(this.trace, dark);
    this.panel.load(this.trace, this.stage);
    this.editing.load(this.trace, this.stage);
    this.controls.load(this.trace);
    this.seen = new Set();
    this.prediction.reset();
    // the same grids, or the same steps drawn in another way: the learner's place is kept
    if (count === undefined) this.restore();
    else if (fresh) Object.assign(this, { step: count === this.trace.count ? this.step : 0, hover: null, under: null, pinned: false });
    // a page may open the player at a step of its own, once for each thing that it shows
    if (data.start && data.start.of !== this.startOf) this.step = data.start.step;
    this.startOf = data.start?.of;
    this.done = null;
    this.reveal(this.step);
    if (data.aside) this.revealAll();
    this.fit();
    this.root.dataset.ready = "true";
  }

  fit() {
    if (!this.trace) return;
    this.stage.width = this.root.clientWidth;
    this.stage.fit(this.root.clientWidth);
    this.panel.element.style.minHeight = "";
    this.show();
    this.panel.element.style.minHeight = `${this.panel.element.offsetHeight}px`; // what follows must not jump while hovering
  }

  // ---- the link -------------------------------------------------------------------------------------------------

  // The step and the mode stand in the address, so that a copied link shows the same; no server is asked.
  restore() {
    const link = new URLSearchParams(this.trace.aside ? "" : window.location.search);
    const step = Number.parseInt(link.get("step") ?? "1", 10) - 1;
    Object.assign(this, { step: this.clamp(Number.isNaN(step) ? 0 : step), hover: null, under: null, pinned: false });
    if (link.get("predict") === "1") this.setPredict(true);
  }

  keepInLink() {
    if (this.trace.aside) return; // the address holds one step, that of the page's main player
    clearTimeout(this.linkTimer);
    this.linkTimer = setTimeout(() => {
      if (!this.root.isConnected) return;
      const address = new URL(window.location.href);
      const set = (name, value) => (value ? address.searchParams.set(name, value) : address.searchParams.delete(name));
      set("step", this.step ? String(this.step + 1) : "");
      set("predict", this.prediction.on ? "1" : "");
      if (address.href !== window.location.href) window.history.replaceState(window.history.state, "", address);
    }, LINK_MS);
  }

  // ---- moving ---------------------------------------------------------------------------------------------------

  clamp(step) {
    return Math.max(0, Math.min(this.trace.count - 1, step));
  }

  jump(step) {
    this.pause();
    this.pinned = false;
    this.hover = null;
    this.go(step);
  }

  go(step) {
    this.step = this.clamp(step);
    this.done = null;
    this.panel.say("");
    this.panel.field.value = "";
    this.reveal(this.step);
    this.show();
    this.keepInLink();
  }

  // On by one step; through loops by one product.
  advance(by) {
    if (!this.trace.loops) return this.jump(this.step + by);
    this.pause();
    return this.tick(by);
  }

  tick(by = 1) {
    if (!this.trace.loops) return this.go(this.step + by);
    const all = this.trace.step(this.step).terms.length;
    const done = (this.done ?? all) + by;
    this.pinned = false;
    this.hover = null;
    if (done > all && this.step < this.trace.count - 1) { this.go(this.step + 1); this.done = 0; }
    else if (done < 0 && this.step > 0) { this.go(this.step - 1); this.done = null; }
    else this.done = Math.max(0, Math.min(all, done));
    return this.show();
  }

  atEnd() {
    return this.step >= this.trace.count - 1 && (!this.trace.loops || (this.done ?? Infinity) >= this.trace.step(this.step).terms.length);
  }

  play() {
    if (this.atEnd()) { this.step = this.trace.loops ? 0 : -1; this.done = 0; }
    this.pinned = false;
    this.hover = null;
    const tick = () => (this.atEnd() ? this.pause() : this.tick());
    this.timer = setInterval(tick, STEP_MS / Number(this.controls.speed.value));
    this.controls.face("pause", "Pause");
    tick();
  }

  pause() {
    if (!this.timer) return;
    clearInterval(this.timer);
    this.timer = null;
    this.controls.face("play", "Play");
    this.announce();
  }

  reveal(step) {
    if (this.seen.has(step) || this.prediction.isOpen(step)) return;
    this.seen.add(step);
    this.stage.reveal(this.trace.steps[step].writes);
  }

  revealAll() {
    for (let step = 0; step < this.trace.count; step++) this.reveal(step);
  }

  moveBy(rows, columns) {
    // left and right run on into the neighbouring row, as reading does; up and down stop at the edge
    if (columns) return this.advance(columns);
    const grid = this.trace.gridOf[this.trace.writes];
    const target = this.trace.stepAt.get(this.trace.steps[this.step].writes + rows * grid.columns);
    const inside = target !== undefined && this.trace.pageOf(target) === this.trace.pageOf(this.step);
    return inside ? this.jump(target) : undefined;
  }

  // ---- predicting -----------------------------------------------------------------------------------------------

  setPredict(on) {
    this.pause();
    this.prediction.on = on;
    this.prediction.reset();
    this.controls.setPredict(on);
    this.root.classList.toggle("predicting", on);
    this.seen = new Set();
    this.stage.fill(this.trace.gridOf[this.trace.writes]);
    this.reveal(this.step);
    this.fit();
    this.keepInLink();
    if (on) this.panel.field.focus({ preventScroll: true });
  }

  check(text) {
    if (this.prediction.solved.has(this.step)) return this.nextOpen();
    const slips = this.trace.slips?.[this.step];
    const wrong = this.prediction.check(this.step, text, { total: this.trace.steps[this.step].total, slips });
    if (wrong === null) this.solve("Right! Enter goes on to the next.", "right");
    else this.panel.say(wrong, "wrong");
    return this.show();
  }

  solve(verdict, kind) {
    this.prediction.solved.add(this.step);
    this.reveal(this.step);
    this.panel.say(verdict, kind);
    this.panel.field.focus({ preventScroll: true });
  }

  hint() {
    const { terms } = this.trace.step(this.step);
    if (!this.prediction.hint(this.step, terms.length)) this.panel.say("Every product is there: add them up.");
    this.show();
  }

  tell() {
    this.prediction.tried.add(this.step);
    this.solve("So it is. Enter goes on to the next.");
    this.show();
  }

  nextOpen() {
    for (let ahead = 1; ahead <= this.trace.count; ahead++) {
      const step = (this.step + ahead) % this.trace.count;
      if (!this.prediction.solved.has(step)) return this.jump(step);
    }
    return this.panel.say("Every output is found.", "right");
  }

  // ---- pointing -------------------------------------------------------------------------------------------------

  target(event) {
    const cell = event.target.closest?.(".cell");
    return cell && { grid: cell.dataset.grid, index: Number(cell.dataset.index) };
  }

  onHover(event) {
    const target = this.target(event);
    this.under = target ?? null; // what a release goes on with
    if (this.pinned || this.editing.input || this.prediction.on) return; // a pointer at rest must not take the question away
    if (!target) this.unhover();
    else {
      this.pause();
      this.hover = target;
      this.show();
    }
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
    this.editing.close();
    const again = this.pinned && this.hover?.grid === target.grid && this.hover?.index === target.index;
    this.pin(target, !again || event.pointerType !== "mouse" || this.editing.can(target));
    if (again && this.editing.can(target) && event.pointerType !== "mouse") { // a second tap opens the keyboard
      event.preventDefault();
      this.editing.open(target);
    }
  }

  pin(target, pinned = true) {
    this.pinned = pinned;
    this.hover = target;
    const keyed = this.stage.cells[target.grid][target.index].closest(".plane[tabindex]")
      ?? this.stage.element.querySelector(`.one:not([hidden]) .plane[data-grid="${this.trace.writes}"]`);
    keyed.focus({ preventScroll: true }); // so that the keys go on from here
    if (target.grid === this.trace.writes && this.trace.stepAt.has(target.index)) this.go(this.trace.stepAt.get(target.index));
    else this.show();
    this.announce();
  }

  release() {
    this.pinned = false;
    this.hover = this.prediction.on ? null : this.under;
    this.show();
  }

  // ---- keys -----------------------------------------------------------------------------------------------------

  onKey(event) {
    if (event.target.matches("input, select") || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === " " && event.target.matches("button")) return;
    const grid = event.target.closest?.(".plane")?.dataset.grid;
    if (grid && this.trace.editable.includes(grid) && this.onEditKey(event, grid)) return event.preventDefault();
    const actions = {
      ArrowLeft: () => this.moveBy(0, -1), ArrowRight: () => this.moveBy(0, 1),
      ArrowUp: () => this.moveBy(-1, 0), ArrowDown: () => this.moveBy(1, 0),
      Home: () => this.jump(0), End: () => this.jump(this.trace.count - 1),
      " ": () => (this.timer ? this.pause() : this.play()), Escape: () => this.release(),
    };
    if (!actions[event.key] || (event.key === " " && this.prediction.on)) return undefined;
    event.preventDefault();
    return actions[event.key]();
  }

  // In a grid that can be edited the arrows go from cell to cell, and typing opens the cell.
  onEditKey(event, grid) {
    const moves = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
    const at = this.hover?.grid === grid ? this.hover : null;
    if (moves[event.key]) {
      const first = { grid, index: this.firstCell(event.target.closest(".plane"), grid) };
      this.pin(at ? this.editing.beside(at, ...moves[event.key]) ?? at : first);
    } else if (at && this.pinned && /^[-+−.\d]$/.test(event.key)) this.editing.open(at, event.key);
    else if (at && this.pinned && (event.key === "Enter" || event.key === "F2")) this.editing.open(at);
    else if (at && this.pinned && (event.key === "Delete" || event.key === "Backspace")) this.editing.open(at, "");
    else return false;
    return true;
  }

  firstCell(plane, grid) {
    const cells = [...plane.querySelectorAll(".cell")].map((cell) => Number(cell.dataset.index));
    return cells.find((index) => this.editing.can({ grid, index }));
  }

  onPaste(event) {
    if (!this.pinned || !this.editing.can(this.hover)) return;
    event.preventDefault();
    this.editing.paste(this.hover, event.clipboardData.getData("text"));
  }

  // ---- showing --------------------------------------------------------------------------------------------------

  show() {
    this.stage.unlight();
    const pointed = this.hover && this.hover.grid !== this.trace.writes ? this.hover : null;
    if (pointed && this.trace.usesOf[pointed.grid]) this.showUses(pointed);
    else this.showStep(this.hover && !pointed ? this.trace.stepAt.get(this.hover.index) ?? this.step : this.step);
    this.panel.pinChip.hidden = !this.pinned;
    const worked = this.trace.first[this.step] + (this.done ?? this.trace.step(this.step).terms.length);
    this.controls.show(this.step, worked, this.prediction.on ? this.prediction.score(this.trace.count) : "");
  }

  showStep(index) {
    const step = this.trace.step(index);
    const all = step.terms.length;
    const open = this.prediction.isOpen(index);
    if (!open) this.reveal(index);
    this.stage.turnTo(this.trace.pageOf(index));
    this.controls.facePage(this.trace.pageOf(index));
    const through = this.trace.loops && index === this.step ? this.done : null;
    this.stage.lightStep(step, through === null ? null : through - 1);
    const done = open ? this.prediction.hints.get(index) ?? 0 : through ?? all;
    this.panel.showStep(index, { done, open, predicting: this.prediction.on && index === this.step });
    if (!this.timer && !open) this.announce();
  }

  // An input value or a weight lights every sum it takes part in.
  showUses({ grid, index }) {
    const { trace, stage } = this;
    const area = trace.gridOf[grid].rows * trace.gridOf[grid].columns;
    const { at_once: atOnce } = trace.gridOf[grid];
    stage.turnTo(atOnce ? Math.floor(index / area / atOnce) : trace.pageOf(this.step));
    stage.light(grid, index, "now");
    stage.hideFrames();
    for (const [s, t] of trace.usesOf[grid].get(index) ?? []) {
      const step = trace.step(s);
      const term = step.terms[t];
      if (grid !== trace.left) stage.light(trace.left, term.left, "read", stage.tintOf(term, t, step.terms.length));
      if (grid !== trace.right && term.right !== NONE) stage.light(trace.right, term.right, "related");
      if (grid !== trace.origin && term.origin !== NONE) stage.light(trace.origin, term.origin, "related");
      stage.light(trace.writes, step.writes, "related");
    }
    this.panel.showUses({ grid, index });
  }

  announce() {
    if (!this.trace || this.prediction.isOpen(this.step)) return;
    this.live.textContent = `${this.panel.title.textContent}: ${this.trace.steps[this.step].lines.join("; ")}`;
  }
}
