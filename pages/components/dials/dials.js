// @ts-check
// Sliders that send while they are dragged. A value is sent only when the page has answered the one before; of those
// that came in between, the last.

/** @import { DialData, DialsPayload } from "../payloads.d.ts" */
import { find, make } from "../common/dom.js";
import { Gestures } from "../common/gesture.js";
import { mountView } from "../common/mount.js";
import { withMinus } from "../common/numbers.js";
import { PacedSender } from "../common/send.js";

class Dials {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    /** @type {Record<string, number>} turned, and not yet sent */
    this.turned = {};
    /** @type {(values: Record<string, number>, gesture: number) => void} */
    this.send = () => {};
    this.gestures = new Gestures();
    this.gesture = 0;
    this.sender = new PacedSender(() => this.sendTurned());
    /** @type {Map<string, HTMLInputElement>} */
    this.inputs = new Map();
    /** @type {Map<string, string>} */
    this.units = new Map();
    this.shape = "";
    root.onpointerdown = () => this.gestures.hold(true);
    // a press without a change has no change event; a release beside the dial may have no pointer event
    root.onchange = root.onpointerup = root.onpointercancel = () => this.gestures.hold(false);
    root.oninput = (event) => this.turn(/** @type {HTMLInputElement} */ (event.target));
  }

  /** @param {DialsPayload} data */
  load({ dials }) {
    const shape = dials.map(({ name, label, low, high, step }) => [name, label, low, high, step].join()).join(";");
    if (shape !== this.shape) this.build(dials);
    this.shape = shape;
    for (const { name, value } of dials) {
      const input = /** @type {HTMLInputElement} */ (this.inputs.get(name));
      // a dial that is being turned is left where the hand has it
      if (!(name in this.turned) && Number(input.value) !== value) input.value = String(value);
      this.showValue(input);
    }
    this.sender.noteAnswer();
  }

  /** @param {DialData[]} dials */
  build(dials) {
    this.inputs.clear();
    this.units.clear();
    this.turned = {};
    this.sender.drop();
    this.root.replaceChildren(...dials.map((dial) => this.buildDial(dial)));
  }

  /** @param {DialData} dial */
  buildDial({ name, label, low, high, step, unit, value }) {
    const input = make("input", { type: "range", name, min: low, max: high, step, value, "aria-label": label });
    this.inputs.set(name, input);
    this.units.set(name, unit);
    return make("label", {}, make("span", { class: "head" }, make("span", {}, label), make("output")), input);
  }

  /** @param {HTMLInputElement} input */
  showValue(input) {
    const unit = this.units.get(input.name) ?? "";
    const text = `${withMinus(Number(input.value))}${unit && unit !== "°" ? " " : ""}${unit}`;
    find(/** @type {HTMLElement} */ (input.parentElement), "output").textContent = text;
    input.setAttribute("aria-valuetext", text);
  }

  /** @param {HTMLInputElement} input */
  turn(input) {
    this.showValue(input);
    this.turned[input.name] = Number(input.value);
    this.gesture = this.gestures.note(input.name);
    this.sender.request();
  }

  sendTurned() {
    const values = this.turned;
    this.turned = {};
    this.send(values, this.gesture);
  }
}

export default mountView(
  ".dials",
  (root) => new Dials(root),
  (dials, /** @type {DialsPayload} */ data, send) => {
    dials.send = (values, gesture) => send("turned", { values, gesture });
    dials.load(data);
  },
);
