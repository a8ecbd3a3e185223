// @ts-check
// Asks for the next drawing a moment after this one arrived; asks once more when no answer comes for long.

/** @import { HeartbeatPayload } from "../payloads.d.ts" */
import { mountView } from "../common/mount.js";

const PATIENCE = 10; // of the usual pause
const LEAVING_MS = 60000; // a page that was not left after all is drawn again after so long

/** @param {Partial<HTMLAnchorElement> | EventTarget} node whether it is a link that leads away from this page */
const leadsAway = (node) =>
  node instanceof HTMLAnchorElement &&
  node.target !== "_blank" &&
  !node.hasAttribute("download") &&
  node.pathname !== window.location.pathname;

// A question that follows the click on another page's link is answered after that page was drawn: about a fragment that
// is gone, for a page that was left. The browser then shows neither. So nothing is asked from then on.
class Heartbeat {
  constructor() {
    this.leftAt = -Infinity;
    this.mountedAt = window.location.pathname;
    this.stop = () => {};
    /** @type {(event: MouseEvent) => void} */
    this.onClick = (event) => {
      const opensTab = event.ctrlKey || event.metaKey || event.shiftKey;
      if (!opensTab && event.composedPath().some(leadsAway)) this.noteLeaving();
    };
    this.onPopState = () => {
      if (window.location.pathname !== this.mountedAt) this.noteLeaving();
    };
    // on the way down, so that this is known before the app hears of the click
    window.addEventListener("click", this.onClick, true);
    window.addEventListener("popstate", this.onPopState, true);
  }

  noteLeaving() {
    this.leftAt = performance.now();
  }

  /**
   * Beat once after `seconds`, and again as long as no answer starts the next beat.
   * @param {number} seconds
   * @param {() => void} beat
   */
  start(seconds, beat) {
    this.stop();
    const beatUnlessLeft = () => {
      if (performance.now() - this.leftAt > LEAVING_MS) beat();
    };
    const first = setTimeout(beatUnlessLeft, seconds * 1000);
    const again = setInterval(beatUnlessLeft, seconds * 1000 * PATIENCE);
    this.stop = () => {
      clearTimeout(first);
      clearInterval(again);
    };
  }

  unmount() {
    this.stop();
    window.removeEventListener("click", this.onClick, true);
    window.removeEventListener("popstate", this.onPopState, true);
  }
}

export default mountView(
  ".heartbeat",
  () => new Heartbeat(),
  (heartbeat, /** @type {HeartbeatPayload} */ data, send) => {
    heartbeat.start(data.seconds, () => send("beat", data.number));
  },
  (heartbeat) => heartbeat.unmount(),
);
