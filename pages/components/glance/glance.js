// The whole network at a glance: Python sends the graph and the maps; pointing, lighting and the receptive field need
// no server. A click is told to Python, which sends what is unfolded.

const glances = new WeakMap();

export default function ({ parentElement, data, setTriggerValue }) {
  let glance = glances.get(parentElement);
  if (!glance) {
    glance = new Glance(parentElement.querySelector(".glance"));
    glances.set(parentElement, glance);
  }
  glance.send = (picked) => setTriggerValue("chosen", picked);
  glance.load(data);
  return () => glances.delete(parentElement);
}

class Glance {
  constructor(root) {
    this.root = root;
    this.columns = new Columns({ point: (at) => this.point(at), choose: (picked) => this.choose(picked) });
    this.unfold = new Unfold({ choose: (picked) => this.choose(picked), close: () => this.close() });
    this.status = make("output", { class: "status", "aria-live": "polite" });
    root.append(this.status, this.columns.element, this.unfold.element);
    root.onkeydown = (event) => { if (event.key === "Escape" && this.chosen) this.close(); };
  }

  load(data) {
    this.data = data;
    const { chosen } = data;
    this.chosen = chosen && { place: chosen.node, map: chosen.map, row: chosen.row, column: chosen.column };
    this.columns.load(data);
    this.unfold.load(data, this.columns.palette);
    if (this.chosen && this.chosen.place !== this.brought) this.columns.bring(this.chosen.place);
    this.brought = this.chosen?.place;
    this.root.dataset.drawn = Number(this.root.dataset.drawn ?? 0) + 1;
    this.point(this.pointed ?? null);
    this.root.dataset.shown = data.shown;
  }

  // Light what a value is made of: the one pointed at, else the chosen one.
  point(at) {
    const button = at && this.columns.row.querySelector(`.map[data-node="${at.place}"][data-map="${at.map}"]`);
    this.pointed = button ? at : null;
    const shown = this.pointed ?? this.resting();
    const lit = JSON.stringify([shown, this.chosen, this.root.dataset.drawn]);
    if (lit === this.lit) return; // the pointer moved within a pixel
    this.lit = lit;
    if (!shown) {
      this.columns.light(null, null, this.chosen);
      this.status.textContent = "Point at a map: what feeds it lights up. Click it: it unfolds below.";
      return;
    }
    const seen = madeOf(this.data.graph, shown.place, shown.map, shown.row, shown.column);
    this.columns.light(shown, seen, this.chosen);
    this.describe(shown, seen);
  }

  // The chosen map, at its chosen pixel or its strongest one.
  resting() {
    if (!this.chosen) return null;
    const button = this.columns.row.querySelector(`.map[data-node="${this.chosen.place}"][data-map="${this.chosen.map}"]`);
    if (!button) return null;
    const found = this.columns.at(button);
    if (this.chosen.row === null) return found;
    return { ...found, row: this.chosen.row, column: this.chosen.column, value: null };
  }

  describe({ place, map, row, column, value }, seen) {
    const { graph } = this.data;
    const node = graph[place];
    const where = node.flat ? `unit ${map + 1}` : `map ${map + 1}, row ${row + 1}, column ${column + 1}`;
    const feeds = [...new Set(node.inputs)].filter((source) => seen.has(source)).map((source) => {
      const [first, last] = seen.get(source);
      const one = graph[source].flat ? "unit" : "map";
      const which = last - first === 1 ? `${one} ${first + 1}` : `${last - first} ${one}s`;
      return `${which} of ${graph[source].title}`;
    });
    const field = place && seen.get(0);
    const box = field ? `sees ${field[3] - field[2]} × ${field[5] - field[4]} pixels of the input` : "";
    const fed = feeds.length ? `fed by ${feeds.join(" and ")}` : "";
    this.status.textContent = `${node.title}, ${where}${value === null ? "" : `: ${value}`}${[fed, box].filter(Boolean).map((text) => ` · ${text}`).join("")}`;
    this.root.dataset.field = field ? field.slice(2).join(" ") : "";
    this.root.dataset.at = [node.name, map, row, column].join(" ");
  }

  choose({ place, map, row = null, column = null }) {
    this.chosen = { place, map, row, column };
    this.brought = place; // it is in sight, or it could not have been clicked
    this.point(this.pointed);
    this.send({ layer: this.data.graph[place].name, map, row, column });
  }

  close() {
    this.chosen = null;
    this.unfold.element.hidden = true;
    this.pointed = null;
    this.point(null);
    this.columns.focus?.focus();
    this.send({ layer: "", map: 0, row: null, column: null });
  }
}
