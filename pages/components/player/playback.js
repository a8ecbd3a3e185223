// @ts-check
// Playing: one step after the other at the chosen speed, until the end.

const STEP_MS = 250; // a step at speed 1

/**
 * @typedef {object} Playable
 * @property {() => number} speed
 * @property {() => boolean} isAtEnd
 * @property {() => void} begin goes back to the start from the end
 * @property {() => void} tick shows the next step
 * @property {(isPlaying: boolean) => void} note that playing began or ended
 */

export class Playback {
  /** @param {Playable} player */
  constructor(player) {
    this.player = player;
    /** @type {ReturnType<typeof setInterval> | null} while it plays */
    this.timer = null;
  }

  get isOn() {
    return this.timer !== null;
  }

  toggle() {
    if (this.isOn) this.pause();
    else this.play();
  }

  changeSpeed() {
    if (!this.isOn) return;
    this.pause();
    this.play();
  }

  play() {
    this.player.begin();
    const tick = () => {
      if (this.player.isAtEnd()) this.pause();
      else this.player.tick();
    };
    this.timer = setInterval(tick, STEP_MS / this.player.speed());
    this.player.note(true);
    tick();
  }

  pause() {
    if (this.timer === null) return;
    clearInterval(this.timer);
    this.timer = null;
    this.player.note(false);
  }
}
