// @ts-check
// Where the player goes next: through a trace step by step, through loops product by product.

/**
 * @typedef {object} Position of the player
 * @property {number} step
 * @property {number | null} done terms of the step that are worked out; null for all
 */

/**
 * Return the position one product on (or back); at either end of a step it goes on to the step beside it.
 * @param {Position} at
 * @param {number} by 1 or −1
 * @param {{ terms: number, count: number }} of `terms`: those of the step; `count`: steps
 * @returns {Position}
 */
export function stepThroughLoops({ step, done }, by, { terms, count }) {
  const next = (done ?? terms) + by;
  if (next > terms && step < count - 1) return { step: step + 1, done: 0 };
  if (next < 0 && step > 0) return { step: step - 1, done: null };
  return { step, done: Math.max(0, Math.min(terms, next)) };
}

/**
 * Return the next step after one, round and round, that is not among `solved`; null when all are.
 * @param {number} step
 * @param {number} count
 * @param {ReadonlySet<number>} solved
 */
export function nextUnsolved(step, count, solved) {
  for (let ahead = 1; ahead <= count; ahead++) {
    const next = (step + ahead) % count;
    if (!solved.has(next)) return next;
  }
  return null;
}
