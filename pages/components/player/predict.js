// @ts-check
// Predict before you see: outputs stay covered until the learner has worked them out.

import { readNumber } from "../common/cells.js";

const CLOSE = 6e-5; // totals are shown with 4 decimals: so much, and a little, is asked for

export class Prediction {
  constructor() {
    this.isOn = false;
    /** @type {Set<number>} steps whose answer was found, or told */
    this.solved = new Set();
    /** @type {Set<number>} those solved at the first try and without a hint */
    this.alone = new Set();
    /** @type {Map<number, number>} products that were worked out as hints, by step */
    this.hints = new Map();
    /** @type {Set<number>} steps with a wrong answer */
    this.tried = new Set();
  }

  reset() {
    this.solved.clear();
    this.alone.clear();
    this.hints.clear();
    this.tried.clear();
  }

  /** @param {number} step */
  isOpen(step) {
    return this.isOn && !this.solved.has(step);
  }

  /**
   * Work out the next product of a step; returns whether there was one left.
   * @param {number} step
   * @param {number} terms how many the step has
   */
  giveHint(step, terms) {
    const shown = this.hints.get(step) ?? 0;
    this.hints.set(step, Math.min(shown + 1, terms));
    return shown < terms;
  }

  /**
   * Check an answer; returns null for a right one, else a sentence about what is not right.
   * @param {number} step
   * @param {string} text
   * @param {{ total: string, slips: [value: string, sentence: string][] }} known the right answer, and likely mistakes
   */
  check(step, text, { total, slips }) {
    const answer = readNumber(text);
    if (Number.isNaN(answer)) return "Type a number such as 7, −0.5 or 1/9.";
    /** @param {string} value */
    const matches = (value) => Math.abs(answer - readNumber(value)) < CLOSE;
    if (matches(total)) {
      if (!this.tried.has(step) && !this.hints.has(step)) this.alone.add(step);
      this.solved.add(step);
      return null;
    }
    this.tried.add(step);
    const slip = slips.find(([value]) => matches(value));
    if (slip) return `Not yet: ${slip[1]}`;
    return `Not ${text.trim()}. Check the signs, or take a hint: it works out one product at a time.`;
  }

  /** @param {number} count of steps */
  describeScore(count) {
    return `${this.solved.size} of ${count} found, ${this.alone.size} at the first try`;
  }
}
