// The pad keeps its strokes and draws them anew for undo. A drawing is sent while it grows: the next only when the page
// has answered the one before.

const pads = new WeakMap();
const ANSWER_MS = 1500; // an answer that never comes must not stop the pad
const CANVAS = 448;
const MOST_STROKES = 400;

export default function ({ parentElement, data, setTriggerValue }) {
  let pad = pads.get(parentElement);
  if (!pad) {
    pad = new Pad(parentElement.querySelector(".pad"));
    pads.set(parentElement, pad);
  }
  pad.send = (drawing) => setTriggerValue("drawn", drawing);
  pad.load(data);
  return () => pads.delete(parentElement);
}

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

class Pad {
  constructor(root) {
    this.root = root;
    this.strokes = [];
    this.number = 0;
    this.session = Math.random().toString(36).slice(2, 8);
    this.pen = { x: CANVAS / 2, y: CANVAS / 2, down: false };
    this.build();
    this.paint();
  }

  build() {
    this.canvas = make("canvas", {
      width: CANVAS, height: CANVAS, tabindex: 0, role: "application",
      "aria-label": "Drawing pad. Arrow keys move the pen, Space puts it down or lifts it, Backspace undoes.",
    });
    this.context = this.canvas.getContext("2d", { willReadFrequently: true });
    this.hint = make("span", { class: "hint" }, "Draw here");
    this.mark = make("i", { class: "pen", hidden: "" });
    const button = (text, act) => {
      const made = make("button", { type: "button" }, text);
      made.onclick = act;
      return made;
    };
    this.penButton = button("Pen", () => this.use(false));
    this.eraser = button("Eraser", () => this.use(true));
    this.undoButton = button("Undo", () => this.undo());
    this.clearButton = button("Clear", () => this.clear());
    this.width = make("input", { type: "range", min: 8, max: 64, step: 2, value: 34, "aria-label": "Line width" });
    const says = make("output", {}, "34");
    this.width.oninput = () => { says.textContent = this.width.value; };
    this.status = make("output", { class: "status", "aria-live": "polite" });
    this.root.append(
      make("div", { class: "sheet" }, this.canvas, this.hint, this.mark),
      make("div", { class: "tools" }, this.penButton, this.eraser, this.undoButton, this.clearButton),
      make("label", {}, "Line", this.width, says),
      this.status,
    );
    this.use(false);
    this.canvas.onpointerdown = (event) => this.down(event);
    this.canvas.onpointermove = (event) => this.move(event);
    this.canvas.onpointerup = (event) => this.lift(event);
    this.canvas.onpointercancel = (event) => this.lift(event);
    this.canvas.onkeydown = (event) => this.key(event);
    this.canvas.onfocus = () => { this.showPen(this.canvas.matches(":focus-visible")); };
    this.canvas.onblur = () => { this.endKeys(); this.showPen(false); };
    this.say("Draw with finger, pen or mouse; with the keyboard: arrow keys move, Space draws.");
  }

  load(data) {
    this.side = data.side;
    if (!this.loaded && data.pixels) {
      // the page was elsewhere: its drawing is the ground that new strokes are laid on
      this.ground = this.picture(data.pixels, data.side);
      this.paint();
    }
    this.loaded = true;
    this.root.dataset.shown = data.shown;
    this.busy = false;
    this.flush();
  }

  picture(text, side) {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    const canvas = make("canvas", { width: side, height: side });
    const image = new ImageData(side, side);
    bytes.forEach((grey, i) => { image.data.set([grey, grey, grey, 255], i * 4); });
    canvas.getContext("2d").putImageData(image, 0, 0);
    return canvas;
  }

  use(erasing) {
    this.erasing = erasing;
    this.penButton.setAttribute("aria-pressed", String(!erasing));
    this.eraser.setAttribute("aria-pressed", String(erasing));
  }

  // ---- strokes ----------------------------------------------------------------------------------------------------

  at(event) {
    const box = this.canvas.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * CANVAS, ((event.clientY - box.top) / box.height) * CANVAS];
  }

  down(event) {
    if (event.button !== 0 || this.pointer !== undefined) return;
    event.preventDefault();
    this.canvas.focus({ preventScroll: true });
    this.showPen(false);
    this.endKeys();
    this.pointer = event.pointerId;
    this.canvas.setPointerCapture(event.pointerId);
    this.begin(this.at(event));
  }

  move(event) {
    if (event.pointerId !== this.pointer) return;
    const places = event.getCoalescedEvents?.() ?? [];
    for (const one of places.length ? places : [event]) this.extend(this.at(one));
    this.changed();
  }

  lift(event) {
    if (event.pointerId !== this.pointer) return;
    this.pointer = undefined;
    this.changed();
  }

  begin(place) {
    if (this.strokes.length >= MOST_STROKES) {
      this.ground = this.copy();
      this.strokes = [];
    }
    this.strokes.push({ erasing: this.erasing, width: Number(this.width.value), places: [place] });
    this.line(place, place);
    this.changed();
  }

  extend(place) {
    const { places } = this.strokes.at(-1);
    this.line(places.at(-1), place);
    places.push(place);
  }

  line(from, to, stroke = this.strokes.at(-1)) {
    const { context } = this;
    context.strokeStyle = stroke.erasing ? "#fff" : "#000";
    context.lineWidth = stroke.width;
    context.lineCap = context.lineJoin = "round";
    context.beginPath();
    context.moveTo(...from);
    context.lineTo(to[0] + (from === to ? 0.01 : 0), to[1]);
    context.stroke();
  }

  copy() {
    const canvas = make("canvas", { width: CANVAS, height: CANVAS });
    canvas.getContext("2d").drawImage(this.canvas, 0, 0);
    return canvas;
  }

  paint() {
    this.context.fillStyle = "#fff";
    this.context.fillRect(0, 0, CANVAS, CANVAS);
    if (this.ground) this.context.drawImage(this.ground, 0, 0, CANVAS, CANVAS);
    for (const stroke of this.strokes) {
      let from = stroke.places[0];
      for (const to of stroke.places) {
        this.line(from, to, stroke);
        from = to;
      }
    }
    this.tools();
  }

  tools() {
    const empty = !this.strokes.length && !this.ground;
    this.hint.hidden = !empty;
    this.clearButton.disabled = empty;
    this.undoButton.disabled = !this.strokes.length;
  }

  undo() {
    this.endKeys();
    this.strokes.pop();
    this.paint();
    this.changed();
  }

  clear() {
    this.endKeys();
    this.strokes = [];
    this.ground = null;
    this.paint();
    this.changed();
    this.say("The pad is empty.");
  }

  // ---- the pen on the keyboard -------------------------------------------------------------------------------------

  key(event) {
    const way = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[event.key];
    if (way) {
      const step = event.shiftKey ? 40 : 14;
      const inside = (value) => Math.max(0, Math.min(CANVAS, value));
      this.pen.x = inside(this.pen.x + way[0] * step);
      this.pen.y = inside(this.pen.y + way[1] * step);
      if (this.pen.down) {
        this.extend([this.pen.x, this.pen.y]);
        this.changed();
      }
    } else if (event.key === " ") {
      this.pen.down = !this.pen.down;
      if (this.pen.down) this.begin([this.pen.x, this.pen.y]);
    } else if (event.key === "Backspace" || (event.key === "z" && (event.ctrlKey || event.metaKey))) {
      this.undo();
    } else {
      return;
    }
    event.preventDefault();
    this.showPen(true);
    const share = (value) => `${Math.round((value / CANVAS) * 100)} %`;
    this.say(`Pen ${this.pen.down ? "down" : "up"}, ${share(this.pen.x)} from the left, ${share(this.pen.y)} from above.`);
  }

  endKeys() {
    this.pen.down = false;
    this.mark.classList.remove("down");
  }

  showPen(shown) {
    this.mark.hidden = !shown;
    this.mark.classList.toggle("down", this.pen.down);
    this.mark.style.setProperty("--x", `${(this.pen.x / CANVAS) * 100}%`);
    this.mark.style.setProperty("--y", `${(this.pen.y / CANVAS) * 100}%`);
  }

  say(text) { this.status.textContent = text; }

  // ---- sending ----------------------------------------------------------------------------------------------------

  changed() {
    this.pending = true;
    this.tools();
    this.flush();
  }

  flush() {
    if (this.busy || !this.pending || !this.side) return;
    this.pending = false;
    this.busy = true;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => { this.busy = false; this.flush(); }, ANSWER_MS);
    this.number += 1;
    this.root.dataset.sent = `${this.session}-${this.number}`;
    this.send({ pixels: this.bytes(), number: this.root.dataset.sent });
  }

  // The drawing in `side` × `side` greys, as base64.
  bytes() {
    this.small ??= make("canvas", { width: this.side, height: this.side });
    const context = this.small.getContext("2d", { willReadFrequently: true });
    context.imageSmoothingQuality = "high";
    context.drawImage(this.canvas, 0, 0, this.side, this.side);
    const { data } = context.getImageData(0, 0, this.side, this.side);
    let text = "";
    for (let i = 0; i < data.length; i += 4) text += String.fromCharCode(data[i]);
    return btoa(text);
  }
}
