// @ts-check
// The whole network at a glance: Python sends the graph and the maps; pointing, lighting and the receptive field need
// no server. A click is told to Python, which sends what is unfolded.

/** @import { GlanceChoice, GlancePayload } from "../payloads.d.ts" */
/** @import { Seen } from "../common/receptive_field.js" */
/** @import { Chosen, Pointed } from "./columns.js" */
import { make } from "../common/dom.js";
import { mountView } from "../common/mount.js";
import { traceValue } from "../common/receptive_field.js";
import { Columns } from "./columns.js";
import { Unfold } from "./unfold.js";

const HINT = "Point at a map: what feeds it lights up. Click it: it unfolds below.";

class Glance {
  /**
   * @param {HTMLElement} root
   * @param {GlancePayload} data
   */
  constructor(root, data) {
    this.root = root;
    this.data = data;
    /** @type {Chosen | null} */
    this.chosen = null;
    /** @type {Pointed | null} */
    this.pointed = null;
    /** @type {number | null} the column that was brought into sight last */
    this.broughtPlace = null;
    this.lit = "";
    this.drawings = 0;
    /** @type {(choice: GlanceChoice) => void} */
    this.send = () => {};
    this.columns = new Columns(data, { point: (at) => this.point(at), choose: (at) => this.choose(at) });
    this.unfold = new Unfold(data, { choose: (at) => this.choose(at), close: () => this.close() });
    this.status = make("output", { class: "status", "aria-live": "polite" });
    root.append(this.status, this.columns.element, this.unfold.element);
    root.onkeydown = (event) => {
      if (event.key === "Escape" && this.chosen) this.close();
    };
  }

  /** @param {GlancePayload} data */
  load(data) {
    this.data = data;
    const { chosen } = data;
    this.chosen = chosen && { place: chosen.node, map: chosen.map, row: chosen.row, column: chosen.column };
    this.columns.load(data);
    this.unfold.load(data);
    const place = this.chosen?.place ?? null;
    if (place !== null && place !== this.broughtPlace) this.columns.bringIntoSight(place);
    this.broughtPlace = place;
    this.drawings += 1;
    this.root.dataset.drawn = String(this.drawings);
    this.point(this.pointed);
    this.root.dataset.shown = data.shown;
  }

  /**
   * Light what a value is made of: the one pointed at, else the chosen one.
   * @param {Pointed | null} at
   */
  point(at) {
    this.pointed = at && this.columns.findMap(at.place, at.map) ? at : null;
    const shown = this.pointed ?? this.restingValue();
    const lit = JSON.stringify([shown, this.chosen, this.drawings]);
    if (lit === this.lit) return; // the pointer moved within a pixel
    this.lit = lit;
    if (!shown) {
      this.columns.light(null, null, this.chosen);
      this.status.textContent = HINT;
      return;
    }
    const seen = traceValue(this.data.graph, shown.place, shown.map, shown.row, shown.column);
    this.columns.light(shown, seen, this.chosen);
    this.describe(shown, seen);
  }

  /**
   * Return the chosen map at its chosen pixel or its strongest one; null where none is chosen, or it is not shown.
   * @returns {Pointed | null}
   */
  restingValue() {
    if (!this.chosen) return null;
    const button = this.columns.findMap(this.chosen.place, this.chosen.map);
    if (!button) return null;
    const strongest = this.columns.valueAt(button);
    const { row, column } = this.chosen;
    return row === null || column === null ? strongest : { ...strongest, row, column, value: null };
  }

  /**
   * @param {Pointed} shown
   * @param {Seen} seen
   */
  describe({ place, map, row, column, value }, seen) {
    const node = this.data.graph[place];
    const where = node.flat ? `unit ${map + 1}` : `map ${map + 1}, row ${row + 1}, column ${column + 1}`;
    const feeds = this.describeFeeds(place, seen);
    /** @type {number[]} */
    const field = (place && seen.get(0)?.slice(2)) || []; // none for the input itself
    const [top, bottom, left, right] = field;
    const sees = field.length ? `sees ${bottom - top} × ${right - left} pixels of the input` : "";
    const more = [feeds && `fed by ${feeds}`, sees].filter(Boolean).map((text) => ` · ${text}`);
    this.status.textContent = `${node.title}, ${where}${value === null ? "" : `: ${value}`}${more.join("")}`;
    this.root.dataset.field = field.join(" ");
    this.root.dataset.at = [node.name, map, row, column].join(" ");
  }

  /** @type {(place: number, seen: Seen) => string} */
  describeFeeds(place, seen) {
    const { graph } = this.data;
    const feeds = [...new Set(graph[place].inputs)].map((source) => {
      const hull = seen.get(source);
      if (!hull) return "";
      const [first, last] = hull;
      const noun = graph[source].flat ? "unit" : "map";
      const which = last - first === 1 ? `${noun} ${first + 1}` : `${last - first} ${noun}s`;
      return `${which} of ${graph[source].title}`;
    });
    return feeds.filter(Boolean).join(" and ");
  }

  /** @param {Chosen} chosen */
  choose(chosen) {
    const { place, map, row, column } = chosen;
    this.chosen = chosen;
    this.broughtPlace = place; // it is in sight, or it could not have been clicked
    this.point(this.pointed);
    this.send({ layer: this.data.graph[place].name, map, row, column });
  }

  close() {
    this.chosen = null;
    this.unfold.element.hidden = true;
    this.point(null);
    this.columns.focus?.focus();
    this.send({ layer: "", map: 0, row: null, column: null });
  }
}

export default mountView(
  ".glance",
  (root, /** @type {GlancePayload} */ data) => new Glance(root, data),
  (glance, data, send) => {
    glance.send = (choice) => send("chosen", choice);
    glance.load(data);
  },
);
