// Asks for the next drawing a moment after this one arrived; asks once more when no answer comes for long.

const PATIENCE = 10; // of the usual pause
const LEAVING_MS = 60000;
const timers = new WeakMap();

// A question that follows the click on another page's link is answered after that page was drawn: about a fragment that
// is gone, for a page that was left. The browser then shows neither. So nothing is asked until this is mounted again.
let left = -Infinity;
let drawnAt = "";
const leaving = () => { left = performance.now(); };
const leads = (node) => node.localName === "a" && node.target !== "_blank" && !node.hasAttribute("download")
  && node.pathname !== window.location.pathname;
window.addEventListener("click", (event) => {
  if (!event.ctrlKey && !event.metaKey && !event.shiftKey && event.composedPath().some(leads)) leaving();
}, true);
window.addEventListener("popstate", () => window.location.pathname !== drawnAt && leaving(), true);

export default function ({ parentElement, data, setTriggerValue }) {
  // Called at every drawing; what it returns is called only when the element goes.
  if (!timers.has(parentElement)) {
    left = -Infinity;
    drawnAt = window.location.pathname;
  }
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
