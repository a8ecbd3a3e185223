// Asks for the next drawing a moment after this one arrived; asks once more when no answer comes for long.

const PATIENCE = 10; // of the usual pause
const timers = new WeakMap();

export default function ({ parentElement, data, setTriggerValue }) {
  // Called at every drawing; what it returns is called only when the element goes.
  timers.get(parentElement)?.();
  const beat = () => setTriggerValue("beat", data.number);
  const first = setTimeout(beat, data.seconds * 1000);
  const again = setInterval(beat, data.seconds * 1000 * PATIENCE);
  const stop = () => {
    clearTimeout(first);
    clearInterval(again);
  };
  timers.set(parentElement, stop);
  return stop;
}
