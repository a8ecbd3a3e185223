// @ts-check
// The pad keeps its strokes and draws them anew for undo. A drawing is sent while it grows: the next only when the page
// has answered the one before.

/** @import { DrawingPadPayload } from "../payloads.d.ts" */
/** @typedef {[number, number]} Place across, then down, in pixels of the canvas */
/** @typedef {{ erasing: boolean, width: number, places: Place[] }} Stroke */
import { decodeBytes, encodeBytes } from "../common/bytes.js";
import { contextOf, placeOn } from "../common/canvas.js";
import { make } from "../common/dom.js";
import { ARROWS } from "../common/keys.js";
import { mountView } from "../common/mount.js";
import { clamp } from "../common/numbers.js";
import { PacedSender } from "../common/send.js";

const CANVAS = 448; // px a side: four times what is sent
const MOST_STROKES = 400; // older ones become one picture, which undo does not take back
// px of a line; 34 is about as thick as MNIST's digits
const LINE_WIDTHS = { type: "range", min: 8, max: 64, step: 2, value: 34, "aria-label": "Line width" };
const PEN_STEP = 14; // px that an arrow key moves the pen
const PEN_STRIDE = 40; // px with Shift
const SHEET = {
  width: CANVAS,
  height: CANVAS,
  tabindex: 0,
  role: "application",
  "aria-label": "Drawing pad. Arrow keys move the pen, Space puts it down or lifts it, Backspace undoes.",
};

/** @type {(text: string, onclick: () => void) => HTMLButtonElement} */
const buildTool = (text, onclick) => make("button", { type: "button", onclick }, text);

class Pad {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    /** @type {Stroke[]} */
    this.strokes = [];
    /** @type {HTMLCanvasElement | null} the picture that the strokes are laid on */
    this.ground = null;
    this.erasing = false;
    this.side = 0;
    this.loaded = false;
    this.number = 0;
    this.session = Math.random().toString(36).slice(2, 8);
    this.pen = { x: CANVAS / 2, y: CANVAS / 2, down: false };
    /** @type {number | null} the pointer that draws */
    this.pointer = null;
    /** @type {(drawing: { pixels: string, number: string }) => void} */
    this.send = () => {};
    this.sender = new PacedSender(() => this.sendDrawing());
    this.canvas = make("canvas", SHEET);
    this.context = contextOf(this.canvas, { willReadFrequently: true });
    this.small = make("canvas"); // what is sent
    this.hint = make("span", { class: "hint" }, "Draw here");
    this.mark = make("i", { class: "pen", hidden: true });
    this.penButton = buildTool("Pen", () => this.chooseTool(false));
    this.eraser = buildTool("Eraser", () => this.chooseTool(true));
    this.undoButton = buildTool("Undo", () => this.undo());
    this.clearButton = buildTool("Clear", () => this.clear());
    this.width = make("input", LINE_WIDTHS);
    this.status = make("output", { class: "status", "aria-live": "polite" });
    this.assemble();
    this.listen();
    this.chooseTool(false);
    this.repaint();
    this.say("Draw with finger, pen or mouse; with the keyboard: arrow keys move, Space draws.");
  }

  assemble() {
    const shown = make("output", {}, this.width.value);
    this.width.oninput = () => {
      shown.textContent = this.width.value;
    };
    this.root.append(
      make("div", { class: "sheet" }, this.canvas, this.hint, this.mark),
      make("div", { class: "tools" }, this.penButton, this.eraser, this.undoButton, this.clearButton),
      make("label", {}, "Line", this.width, shown),
      this.status,
    );
  }

  listen() {
    this.canvas.onpointerdown = (event) => this.onDown(event);
    this.canvas.onpointermove = (event) => this.onMove(event);
    this.canvas.onpointerup = (event) => this.onLift(event);
    this.canvas.onpointercancel = (event) => this.onLift(event);
    this.canvas.onkeydown = (event) => this.onKey(event);
    this.canvas.onfocus = () => this.showPen(this.canvas.matches(":focus-visible"));
    this.canvas.onblur = () => {
      this.liftPen();
      this.showPen(false);
    };
  }

  /** @param {DrawingPadPayload} data */
  load(data) {
    this.side = data.side;
    if (!this.loaded && data.pixels) {
      // the page was elsewhere: its drawing is the ground that new strokes are laid on
      this.ground = drawGreys(data.pixels, data.side);
      this.repaint();
    }
    this.loaded = true;
    this.root.dataset.shown = data.shown;
    this.sender.noteAnswer();
  }

  /** @param {boolean} erasing */
  chooseTool(erasing) {
    this.erasing = erasing;
    this.penButton.setAttribute("aria-pressed", String(!erasing));
    this.eraser.setAttribute("aria-pressed", String(erasing));
  }

  // ---- strokes ----------------------------------------------------------------------------------------------------

  /**
   * @param {PointerEvent} event
   * @returns {Place}
   */
  placeOf(event) {
    const [down, across] = placeOn(event, this.canvas);
    return [across, down];
  }

  /** @param {PointerEvent} event */
  onDown(event) {
    if (event.button !== 0 || this.pointer !== null) return;
    event.preventDefault();
    this.canvas.focus({ preventScroll: true });
    this.showPen(false);
    this.liftPen();
    this.pointer = event.pointerId;
    this.canvas.setPointerCapture(event.pointerId);
    this.beginStroke(this.placeOf(event));
  }

  /** @param {PointerEvent} event */
  onMove(event) {
    if (event.pointerId !== this.pointer) return;
    const places = event.getCoalescedEvents?.() ?? [];
    for (const one of places.length ? places : [event]) this.extendStroke(this.placeOf(one));
    this.noteChange();
  }

  /** @param {PointerEvent} event */
  onLift(event) {
    if (event.pointerId !== this.pointer) return;
    this.pointer = null;
    this.noteChange();
  }

  /** @param {Place} place */
  beginStroke(place) {
    if (this.strokes.length >= MOST_STROKES) {
      this.ground = this.copyCanvas();
      this.strokes = [];
    }
    const stroke = { erasing: this.erasing, width: Number(this.width.value), places: [place] };
    this.strokes.push(stroke);
    this.drawLine(stroke, place, place);
    this.noteChange();
  }

  /** @param {Place} place */
  extendStroke(place) {
    const stroke = this.strokes[this.strokes.length - 1];
    this.drawLine(stroke, stroke.places[stroke.places.length - 1], place);
    stroke.places.push(place);
  }

  /**
   * @param {Stroke} stroke
   * @param {Place} from
   * @param {Place} to
   */
  drawLine(stroke, from, to) {
    const { context } = this;
    context.strokeStyle = stroke.erasing ? "#fff" : "#000";
    context.lineWidth = stroke.width;
    context.lineCap = context.lineJoin = "round";
    context.beginPath();
    context.moveTo(...from);
    context.lineTo(to[0] + (from === to ? 0.01 : 0), to[1]); // a line of no length would draw no dot
    context.stroke();
  }

  copyCanvas() {
    const canvas = make("canvas", { width: CANVAS, height: CANVAS });
    contextOf(canvas).drawImage(this.canvas, 0, 0);
    return canvas;
  }

  repaint() {
    this.context.fillStyle = "#fff";
    this.context.fillRect(0, 0, CANVAS, CANVAS);
    if (this.ground) this.context.drawImage(this.ground, 0, 0, CANVAS, CANVAS);
    for (const stroke of this.strokes) {
      let from = stroke.places[0];
      for (const to of stroke.places) {
        this.drawLine(stroke, from, to);
        from = to;
      }
    }
    this.showTools();
  }

  showTools() {
    const empty = !this.strokes.length && !this.ground;
    this.hint.hidden = !empty;
    this.clearButton.disabled = empty;
    this.undoButton.disabled = !this.strokes.length;
  }

  undo() {
    this.liftPen();
    this.strokes.pop();
    this.repaint();
    this.noteChange();
  }

  clear() {
    this.liftPen();
    this.strokes = [];
    this.ground = null;
    this.repaint();
    this.noteChange();
    this.say("The pad is empty.");
  }

  // ---- the pen on the keyboard -------------------------------------------------------------------------------------

  /** @param {KeyboardEvent} event */
  onKey(event) {
    const arrow = ARROWS[event.key];
    if (arrow) this.movePen(arrow, event.shiftKey ? PEN_STRIDE : PEN_STEP);
    else if (event.key === " ") this.togglePen();
    else if (event.key === "Backspace" || (event.key === "z" && (event.ctrlKey || event.metaKey))) this.undo();
    else return;
    event.preventDefault();
    this.showPen(true);
    /** @param {number} value */
    const share = (value) => `${Math.round((value / CANVAS) * 100)} %`;
    const { x, y, down } = this.pen;
    this.say(`Pen ${down ? "down" : "up"}, ${share(x)} from the left, ${share(y)} from above.`);
  }

  /**
   * @param {[number, number]} arrow rows, then columns
   * @param {number} step
   */
  movePen([rows, columns], step) {
    this.pen.x = clamp(this.pen.x + columns * step, 0, CANVAS);
    this.pen.y = clamp(this.pen.y + rows * step, 0, CANVAS);
    if (!this.pen.down) return;
    this.extendStroke([this.pen.x, this.pen.y]);
    this.noteChange();
  }

  togglePen() {
    this.pen.down = !this.pen.down;
    if (this.pen.down) this.beginStroke([this.pen.x, this.pen.y]);
  }

  liftPen() {
    this.pen.down = false;
    this.mark.classList.remove("down");
  }

  /** @param {boolean} shown */
  showPen(shown) {
    this.mark.hidden = !shown;
    this.mark.classList.toggle("down", this.pen.down);
    this.mark.style.setProperty("--x", `${(this.pen.x / CANVAS) * 100}%`);
    this.mark.style.setProperty("--y", `${(this.pen.y / CANVAS) * 100}%`);
  }

  /** @param {string} text */
  say(text) {
    this.status.textContent = text;
  }

  // ---- sending ----------------------------------------------------------------------------------------------------

  noteChange() {
    this.showTools();
    this.sender.request();
  }

  sendDrawing() {
    this.number += 1;
    this.root.dataset.sent = `${this.session}-${this.number}`;
    this.send({ pixels: this.encodeDrawing(), number: this.root.dataset.sent });
  }

  /** Return the drawing in `side` × `side` greys, as base64. */
  encodeDrawing() {
    if (this.small.width !== this.side) [this.small.width, this.small.height] = [this.side, this.side];
    const context = contextOf(this.small, { willReadFrequently: true });
    context.imageSmoothingQuality = "high";
    context.drawImage(this.canvas, 0, 0, this.side, this.side);
    const { data } = context.getImageData(0, 0, this.side, this.side);
    return encodeBytes(data.filter((_, i) => i % 4 === 0)); // of a grey, red says all
  }
}

/**
 * Return a canvas with greys drawn on it that come as base64, row by row.
 * @param {string} text
 * @param {number} side
 */
function drawGreys(text, side) {
  const canvas = make("canvas", { width: side, height: side });
  const image = new ImageData(side, side);
  decodeBytes(text).forEach((grey, i) => {
    image.data.set([grey, grey, grey, 255], i * 4);
  });
  contextOf(canvas).putImageData(image, 0, 0);
  return canvas;
}

export default mountView(
  ".pad",
  (root) => new Pad(root),
  (pad, /** @type {DrawingPadPayload} */ data, send) => {
    pad.send = (drawing) => send("drawn", drawing);
    pad.load(data);
  },
);
