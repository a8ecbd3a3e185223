// @ts-check
// The divider between two pictures that lie one upon the other: dragged, or moved with the keys of a slider.

import { make } from "../common/dom.js";
import { clamp } from "../common/numbers.js";

/** @type {Record<string, number | undefined>} per cent that a key moves the divider */
const KEY_STEPS = { ArrowLeft: -2, ArrowRight: 2, PageUp: 10, PageDown: -10, Home: -100, End: 100 };

export class Divider {
  /**
   * @param {HTMLElement} frame what the divider crosses
   * @param {() => void} onMove
   */
  constructor(frame, onMove) {
    this.frame = frame;
    this.onMove = onMove;
    this.share = 50; // per cent from the left
    this.element = make(
      "div",
      {
        class: "divider",
        tabindex: 0,
        role: "slider",
        "aria-label": "Before and after",
        "aria-valuemin": 0,
        "aria-valuemax": 100,
      },
      make("span", {}, "◂▸"),
    );
    this.element.onpointerdown = (event) => this.onPress(event);
    this.element.onpointermove = (event) => this.onDrag(event);
    this.element.onkeydown = (event) => this.onKey(event);
    this.show();
  }

  show() {
    this.element.style.left = `${this.share}%`;
    this.element.setAttribute("aria-valuenow", String(Math.round(this.share)));
  }

  /** @param {number} share */
  move(share) {
    this.share = clamp(share, 0, 100);
    this.show();
    this.onMove();
  }

  /** @param {PointerEvent} event */
  onPress(event) {
    this.element.setPointerCapture(event.pointerId);
    event.preventDefault();
    this.element.focus();
  }

  /** @param {PointerEvent} event */
  onDrag(event) {
    event.stopPropagation(); // the picture below takes no notice of it
    if (!this.element.hasPointerCapture(event.pointerId)) return;
    const box = this.frame.getBoundingClientRect();
    this.move(((event.clientX - box.left) / box.width) * 100);
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    const step = KEY_STEPS[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    this.move(this.share + step);
  }
}
