// Sliders that send while they are dragged. A value is sent only when the page has answered the one before; of those
// that came in between, the last.

const panels = new WeakMap();
const ANSWER_MS = 1500; // an answer that never comes must not stop the dial

export default function ({ parentElement, data, setTriggerValue }) {
  let panel = panels.get(parentElement);
  if (!panel) {
    panel = new Panel(parentElement.querySelector(".dials"));
    panels.set(parentElement, panel);
  }
  panel.send = (values) => setTriggerValue("turned", values);
  panel.load(data.dials);
  return () => panels.delete(parentElement);
}

class Panel {
  constructor(root) {
    this.root = root;
    this.pending = {};
    this.busy = false;
    root.oninput = (event) => {
      this.write(event.target);
      this.pending[event.target.name] = Number(event.target.value);
      this.flush();
    };
  }

  load(dials) {
    const shape = dials.map(({ name, label, low, high, step }) => [name, label, low, high, step].join()).join(";");
    if (shape !== this.shape) this.build(dials);
    this.shape = shape;
    for (const { name, value } of dials) {
      const input = this.inputs.get(name);
      // a dial that is being turned is left where the hand has it
      if (!(name in this.pending) && Number(input.value) !== value) input.value = value;
      this.write(input);
    }
    this.busy = false;
    this.flush();
  }

  build(dials) {
    this.inputs = new Map();
    this.units = new Map();
    this.pending = {};
    this.root.replaceChildren(...dials.map(({ name, label, low, high, step, unit, value }) => {
      const input = document.createElement("input");
      Object.assign(input, { type: "range", name, min: low, max: high, step, value });
      const output = document.createElement("output");
      const head = document.createElement("span");
      head.className = "head";
      head.append(Object.assign(document.createElement("span"), { textContent: label }), output);
      const row = document.createElement("label");
      row.append(head, input);
      input.setAttribute("aria-label", label);
      this.inputs.set(name, input);
      this.units.set(name, unit);
      return row;
    }));
  }

  write(input) {
    const unit = this.units.get(input.name);
    const words = `${String(Number(input.value)).replace("-", "−")}${unit && unit !== "°" ? " " : ""}${unit}`;
    input.parentElement.querySelector("output").textContent = words;
    input.setAttribute("aria-valuetext", words);
  }

  flush() {
    if (this.busy || !Object.keys(this.pending).length) return;
    const values = this.pending;
    this.pending = {};
    this.busy = true;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => { this.busy = false; this.flush(); }, ANSWER_MS);
    this.send(values);
  }
}
