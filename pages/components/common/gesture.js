// @ts-check
// Which changes are one step for undo. The hand's own time decides, in the browser: on the server, the time between two
// messages also holds what the server was busy with, and a slow one would take one drag for several steps.

const PAUSE_MS = 1500; // a longer pause ends a step

/** Gives the changes that belong together one number: a number that is typed, a dial that is turned. */
export class Gestures {
  /** @param {() => number} now the time in milliseconds */
  constructor(now = () => Date.now()) {
    this.now = now;
    this.number = 0;
    this.what = "";
    this.at = -Infinity;
    this.isHeld = false;
  }

  /**
   * Return the number of the gesture that a change to `what` belongs to: that of the change before, if it was to the
   * same and no pause lies between, or the pointer was held all the time.
   * @param {string} what
   */
  note(what) {
    const now = this.now();
    const isNew = what !== this.what || (now - this.at >= PAUSE_MS && !this.isHeld);
    this.at = now;
    return isNew ? this.begin(what) : this.number;
  }

  /**
   * Begin a gesture and return its number, which no other has had: not even one before the component was built anew.
   * @param {string} what
   */
  begin(what) {
    this.what = what;
    this.number = Math.max(this.number + 1, this.now());
    return this.number;
  }

  /**
   * Note that the pointer was pressed or let go.
   * @param {boolean} isHeld
   */
  hold(isHeld) {
    const now = this.now();
    if (isHeld && now - this.at >= PAUSE_MS) this.what = "";
    this.isHeld = isHeld;
    this.at = now;
  }
}
