// Predict before you see: outputs stay covered until the learner has worked them out.

class Prediction {
  constructor() {
    this.on = false;
    this.reset();
  }

  reset() {
    this.solved = new Set();
    this.alone = new Set(); // solved at the first try and without a hint
    this.hints = new Map();
    this.tried = new Set();
  }

  isOpen(step) {
    return this.on && !this.solved.has(step);
  }

  // The next product worked out; true while there was one left.
  hint(step, terms) {
    const shown = this.hints.get(step) ?? 0;
    this.hints.set(step, Math.min(shown + 1, terms));
    return shown < terms;
  }

  // Right, or a sentence about what is not. Shown totals have 4 decimals, so that much is asked for.
  check(step, text, { total, slips }) {
    const answer = readNumber(text);
    if (Number.isNaN(answer)) return "Type a number such as 7, −0.5 or 1/9.";
    if (Math.abs(answer - readNumber(total)) < 6e-5) {
      if (!this.tried.has(step) && !this.hints.has(step)) this.alone.add(step);
      this.solved.add(step);
      return null;
    }
    this.tried.add(step);
    const slip = (slips ?? []).find(([value]) => Math.abs(answer - readNumber(value)) < 6e-5);
    return slip ? `Not yet: ${slip[1]}` : `Not ${text.trim()}. Check the signs, or take a hint: it works out one product at a time.`;
  }

  score(count) {
    return `${this.solved.size} of ${count} found, ${this.alone.size} at the first try`;
  }
}
