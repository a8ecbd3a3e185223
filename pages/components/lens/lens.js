// @ts-check
// Two pictures, one window: Python sends the pictures, the kernel and every text; here the window follows the pointer,
// and the pixels under it are read out of the picture.

/** @import { LensPayload } from "../payloads.d.ts" */
/** @import { Pair } from "../common/numbers.js" */
import { contextOf, placeOn } from "../common/canvas.js";
import { closest, make } from "../common/dom.js";
import { ARROWS } from "../common/keys.js";
import { mountView } from "../common/mount.js";
import { clamp } from "../common/numbers.js";
import { Divider } from "./divider.js";
import { SumPanel } from "./sum_panel.js";

const SEND_MS = 250; // a key held down sends where it ends, not every pixel on the way
const FAR = 10; // pixels that an arrow key moves the window with Shift
const COARSE = 200; // px: a smaller picture is shown in squares, not smoothed

/** @param {string} source */
async function decodePicture(source) {
  const image = new Image();
  image.src = source;
  await image.decode();
  return image;
}

/** Build a picture with the mark of the window on it. */
function buildFigure() {
  const canvas = make("canvas", { role: "img" });
  const mark = make("div", { class: "mark" });
  const frame = make("div", { class: "frame", tabindex: 0, role: "group" }, canvas, mark);
  const caption = make("figcaption");
  return { element: make("figure", {}, caption, frame), canvas, mark, frame, caption };
}

class Lens {
  /**
   * @param {HTMLElement} root
   * @param {LensPayload} data
   */
  constructor(root, data) {
    this.root = root;
    this.data = data;
    this.turn = 0; // of the edits that came in
    this.isPlaced = false; // whether the visitor or the link chose the pixel
    this.isPinned = false;
    /** @type {Pair} row and column of the result */
    this.at = [0, 0];
    /** @type {{ source: string, margin: string, size: string, at: string }} what is shown, as texts to compare with */
    this.shown = { source: "", margin: "", size: "", at: "" };
    this.sheet = make("canvas"); // the padded picture, of which the margins are not shown
    this.pixels = new ImageData(1, 1);
    this.frameRequest = 0;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    /** @type {(place: [row: number, column: number, clicked: boolean]) => void} */
    this.send = () => {};
    this.left = buildFigure();
    this.right = buildFigure();
    this.scale = make("div", { class: "scale" });
    this.panel = new SumPanel();
    this.divider = new Divider(this.left.frame, () => this.arrange());
    this.assemble();
  }

  assemble() {
    this.right.element.append(this.scale);
    this.left.frame.setAttribute("aria-label", "Picture: arrow keys move the window");
    this.right.frame.setAttribute("aria-label", "Result: arrow keys move the window");
    for (const { frame, canvas } of [this.left, this.right]) {
      frame.onpointermove = (event) => this.onPoint(event, canvas);
      frame.onclick = (event) => this.onClick(event, canvas);
    }
    this.root.append(make("div", { class: "pair" }, this.left.element, this.right.element), this.panel.element);
    this.root.onkeydown = (event) => this.onKey(event);
  }

  unmount() {
    clearTimeout(this.timer);
    cancelAnimationFrame(this.frameRequest);
  }

  /** @param {LensPayload} data */
  async load(data) {
    const turn = ++this.turn;
    const isNew = this.shown.source !== data.source;
    const [source, result] = await Promise.all([isNew ? decodePicture(data.source) : null, decodePicture(data.result)]);
    if (turn !== this.turn) return; // a later edit came in while this one was decoded
    const isResized = this.shown.size !== String(data.size);
    const isLinked = this.shown.at !== String(data.at) && String(data.at) !== String(this.at);
    const linked = isLinked ? data.at : null;
    this.data = data;
    if (source) this.readPixels(source);
    if (source || this.shown.margin !== String(data.margin)) this.drawPicture();
    this.shown = { source: data.source, margin: String(data.margin), size: String(data.size), at: String(data.at) };
    this.drawResult(result);
    this.describe();
    this.arrange();
    if (data.weights.length) this.buildPanelSoon();
    const isKept = this.isPlaced && !isResized;
    this.point(linked ?? (isKept ? this.at : data.start), Boolean(linked) || isKept);
    this.root.dataset.shown = data.shown;
  }

  /** @param {HTMLImageElement} image */
  readPixels(image) {
    [this.sheet.width, this.sheet.height] = [image.naturalWidth, image.naturalHeight];
    const context = contextOf(this.sheet, { willReadFrequently: true });
    context.drawImage(image, 0, 0);
    this.pixels = context.getImageData(0, 0, this.sheet.width, this.sheet.height);
  }

  drawPicture() {
    const [top, left, bottom, right] = this.data.margin;
    const { canvas } = this.left;
    [canvas.width, canvas.height] = [this.sheet.width - left - right, this.sheet.height - top - bottom];
    contextOf(canvas).drawImage(this.sheet, -left, -top);
  }

  /** @param {HTMLImageElement} image */
  drawResult(image) {
    const { canvas } = this.right;
    [canvas.height, canvas.width] = this.data.size;
    contextOf(canvas).drawImage(image, 0, 0);
  }

  describe() {
    const { data, left, right } = this;
    left.caption.textContent = data.caption;
    right.caption.textContent = data.result_caption;
    left.canvas.setAttribute("aria-label", data.alt);
    right.canvas.setAttribute("aria-label", data.result_alt);
    const bar = make("div", {
      class: "bar",
      style: `background:linear-gradient(to right, ${data.colours.join(", ")})`,
    });
    const ends = make("div", { class: "ends" }, ...data.ends.map((text) => make("span", {}, text)));
    this.scale.replaceChildren(...(data.ends.length ? [bar, ends] : []), make("p", {}, data.remark));
    this.root.classList.toggle("coarse", Math.max(left.canvas.width, left.canvas.height) < COARSE);
    this.panel.element.hidden = !data.weights.length;
  }

  /** Lay the pictures side by side, or one upon the other with a divider to drag. */
  arrange() {
    const { left, right, divider, data } = this;
    const compare = data.layout === "compare";
    if (this.root.classList.toggle("compare", compare) !== divider.element.isConnected) {
      if (compare) left.frame.append(right.canvas, divider.element);
      else {
        right.frame.prepend(right.canvas);
        divider.element.remove();
      }
    }
    right.canvas.style.clipPath = compare ? `inset(0 0 0 ${divider.share}%)` : "";
    if (compare) left.caption.textContent = `${data.caption} | ${data.result_caption}`;
  }

  /** Build the sum's cells; with another kernel in the frame after the picture is painted, which is waited for. */
  buildPanelSoon() {
    cancelAnimationFrame(this.frameRequest);
    const build = () => {
      this.frameRequest = 0;
      this.panel.build(this.data);
      this.panel.show(this.data, this.pixels, this.at);
    };
    if (!this.panel.patches.length) return this.panel.build(this.data);
    this.frameRequest = requestAnimationFrame(() => {
      this.frameRequest = requestAnimationFrame(build);
    });
    return undefined;
  }

  // ---- where the window is ----------------------------------------------------------------------------------------

  /**
   * Return the pixel of the result whose window has its middle at a place of the picture.
   * @param {Pair} place
   * @returns {Pair}
   */
  pixelFrom(place) {
    const { stride, offset, reach } = this.data;
    const [row, column] = place.map((at, i) => Math.round((at - reach[i] / 2 + offset[i]) / stride));
    return [row, column];
  }

  /**
   * @param {Pair} at
   * @param {boolean} [isPlaced]
   */
  point([row, column], isPlaced = true) {
    const [height, width] = this.data.size;
    this.at = [clamp(row, 0, height - 1), clamp(column, 0, width - 1)];
    this.isPlaced = isPlaced;
    this.placeMarks();
    if (this.data.weights.length && !this.frameRequest) this.panel.show(this.data, this.pixels, this.at);
  }

  placeMarks() {
    const { stride, offset, reach } = this.data;
    const [row, column] = this.at;
    const [top, left] = [row * stride - offset[0], column * stride - offset[1]];
    placeMark(this.left, top, left, reach);
    placeMark(this.right, row, column, [1, 1]);
    this.root.classList.toggle("pinned", this.isPinned);
  }

  // ---- pointer and keys -------------------------------------------------------------------------------------------

  /** @type {(event: MouseEvent, canvas: HTMLCanvasElement) => void} */
  pointUnder(event, canvas) {
    const place = placeOn(event, canvas);
    if (canvas === this.right.canvas) this.point([Math.floor(place[0]), Math.floor(place[1])]);
    else this.point(this.pixelFrom(place));
  }

  /** @type {(event: PointerEvent, canvas: HTMLCanvasElement) => void} */
  onPoint(event, canvas) {
    if (!this.isPinned) this.pointUnder(event, canvas);
  }

  /** @type {(event: MouseEvent, canvas: HTMLCanvasElement) => void} */
  onClick(event, canvas) {
    if (closest(event, ".divider")) return;
    const isTouch = event instanceof PointerEvent && event.pointerType === "touch";
    this.isPinned = !this.isPinned || isTouch;
    this.pointUnder(event, canvas);
    if (this.isPinned) this.tell(true);
  }

  tell(clicked = false) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.send([...this.at, clicked]), clicked ? 0 : SEND_MS);
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    if (event.key === "Escape") {
      this.isPinned = false;
      this.placeMarks();
      return;
    }
    const arrow = ARROWS[event.key];
    if (!arrow || !closest(event, ".frame")) return;
    event.preventDefault();
    const pixels = event.shiftKey ? FAR : 1;
    this.isPinned = true;
    this.tell();
    this.point([this.at[0] + arrow[0] * pixels, this.at[1] + arrow[1] * pixels]);
  }
}

/** @type {(figure: ReturnType<typeof buildFigure>, top: number, left: number, size: number[]) => void} */
function placeMark({ mark, canvas }, top, left, [rows, columns]) {
  /** @type {(part: number, whole: number) => string} */
  const percent = (part, whole) => `${(part / whole) * 100}%`;
  mark.style.left = percent(left + columns / 2, canvas.width);
  mark.style.top = percent(top + rows / 2, canvas.height);
  mark.style.width = `max(14px, ${percent(columns, canvas.width)})`; // smaller it would not be seen
  mark.style.height = `max(14px, ${percent(rows, canvas.height)})`;
}

export default mountView(
  ".lens",
  (root, /** @type {LensPayload} */ data) => new Lens(root, data),
  (lens, data, send) => {
    lens.send = (place) => send("pinned", place);
    lens.load(data);
  },
  (lens) => lens.unmount(),
);
