// Asks for the next drawing a moment after this one arrived; asks once more when no answer comes for long.

const PATIENCE = 10; // of the usual pause
const LEAVING_MS = 4000;
const timers = new WeakMap();

// A question that follows the click on another page's link is answered after that page was drawn: about a fragment that
// is gone, for a page that was left. The browser then shows neither.
let left = -Infinity;
const leaving = () => { left = performance.now(); };
window.addEventListener("click", (event) => event.composedPath().some((node) => node.localName === "a") && leaving(), true);
window.addEventListener("popstate", leaving, true);

export default function ({ parentElement, data, setTriggerValue }) {
  // Called at every drawing; what it returns is called only when the element goes.
  timers.get(parentElement)?.();
  const beat = () => performance.now() - left > LEAVING_MS && setTriggerValue("beat", data.number);
  const first = setTimeout(beat, data.seconds * 1000);
  const again = setInterval(beat, data.seconds * 1000 * PATIENCE);
  const stop = () => {
    clearTimeout(first);
    clearInterval(again);
  };
  timers.set(parentElement, stop);
  return stop;
}
