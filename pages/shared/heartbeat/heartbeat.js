// Asks for the next drawing a moment after this one arrived; asks once more when no answer comes for long.

const PATIENCE = 10; // of the usual pause

export default function ({ data, setTriggerValue }) {
  const beat = () => setTriggerValue("beat", data.number);
  const first = setTimeout(beat, data.seconds * 1000);
  const again = setInterval(beat, data.seconds * 1000 * PATIENCE);
  return () => {
    clearTimeout(first);
    clearInterval(again);
  };
}
