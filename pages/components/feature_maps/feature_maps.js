// Feature maps beside the input. The receptive field of the value that is pointed at is found here, in the same frame;
// a click or Enter tells Python which value to write out.

const views = new WeakMap();

export default function ({ parentElement, data, setTriggerValue }) {
  let view = views.get(parentElement);
  if (!view) {
    view = new Maps(parentElement.querySelector(".fields"));
    views.set(parentElement, view);
  }
  view.send = (picked) => setTriggerValue("chosen", picked);
  view.load(data);
  return () => views.delete(parentElement);
}

class Maps {
  constructor(root) {
    this.root = root;
    this.picture = make("canvas", { role: "img" });
    this.whole = make("div", { class: "whole" }, this.picture, make("i", { class: "box" }));
    this.status = make("output", { class: "status", "aria-live": "polite" });
    this.layers = make("div", { class: "layers" });
    root.append(make("div", { class: "side" }, make("div", {}, make("h4", {}, "input"), this.whole), this.status), this.layers);
    this.layers.onpointermove = (event) => this.onPoint(event);
    this.layers.onpointerleave = () => this.point(null);
    this.layers.addEventListener("focusin", (event) => this.onFocus(event));
    this.layers.onclick = (event) => this.onClick(event);
    this.layers.onkeydown = (event) => this.onKey(event);
  }

  load(data) {
    this.data = data;
    this.palette ??= unpack(data.palette);
    paintPicture(this.picture, data.picture.pixels, data.picture.size);
    this.picture.setAttribute("aria-label", data.picture.alt);
    const drawn = JSON.stringify(data.columns.map((c) => [c.node, c.shown.length, data.graph[c.node].name, c.picture]));
    if (drawn !== this.drawn) {
      this.layers.replaceChildren(...data.columns.map((column) => this.layer(column)));
      this.pointed = null;
      this.layers.querySelector("button")?.setAttribute("tabindex", 0);
    }
    this.drawn = drawn;
    data.columns.forEach((column, i) => this.fill(column, this.layers.children[i]));
    this.point(this.pointed ?? null);
    this.root.dataset.shown = data.shown;
  }

  layer(column) {
    const node = this.data.graph[column.node];
    const head = make("div", { class: "head" }, make("h4", {}, node.title), make("span", {}, `${node.kind} · ${node.shape}`), make("small"));
    const maps = column.shown.map((map, slot) => make(
      "button", { type: "button", tabindex: -1, "data-node": column.node, "data-slot": slot },
      make("span", { class: "frame" }, make("canvas"), make("i", { class: "box" })), make("span", { class: "label" }),
    ));
    return make("section", { "aria-label": `${node.title}, ${node.kind}, ${node.shape}` }, head, make("div", { class: "maps" }, ...maps));
  }

  fill(column, element) {
    const node = this.data.graph[column.node];
    const own = this.data.scale === "map";
    column.bytes = unpack(column.pixels);
    element.querySelector("small").textContent = own ? "each its own scale" : `scale ±${column.limit}`;
    element.querySelectorAll("button").forEach((button, slot) => {
      const [rows, columns] = column.picture;
      const number = column.shown[slot] + 1;
      paint(button.querySelector("canvas"), column.bytes, slot * rows * columns, column.picture, own ? 1 : column.shares[slot], this.palette);
      button.style.setProperty("--aspect", `${columns} / ${rows}`);
      button.dataset.map = column.shown[slot];
      button.querySelector(".label").textContent = own ? `${number} ±${column.limits[slot]}` : number;
      button.setAttribute("aria-label", `${node.title}, map ${number} of ${node.maps}, at most ${column.limits[slot]}. Shift and arrow keys walk over its values, Enter writes one out`);
    });
  }

  column(button) { return this.data.columns.find((column) => column.node === Number(button.dataset.node)); }

  // The value of a map at a pixel (row, column) of what is drawn.
  at(button, [row, across]) {
    const column = this.column(button);
    const slot = Number(button.dataset.slot);
    const [rows, columns] = column.picture;
    const byte = column.bytes[(slot * rows + row) * columns + across];
    const place = { place: column.node, map: column.shown[slot], row: row * column.every, column: across * column.every };
    return { ...place, value: near(byte, column.own[slot]) };
  }

  point(at) {
    const { chosen, graph } = this.data;
    const shown = at ?? (chosen && { place: chosen.node, map: chosen.map, row: chosen.row, column: chosen.column, value: null });
    this.pointed = at;
    const seen = shown && madeOf(graph, shown.place, shown.map, shown.row, shown.column);
    for (const button of this.layers.querySelectorAll("button")) {
      const [place, map] = [Number(button.dataset.node), Number(button.dataset.map)];
      const own = Boolean(shown && place === shown.place && map === shown.map);
      const found = seen?.get(place);
      button.classList.toggle("on", own);
      button.classList.toggle("fed", Boolean(!own && found && place !== shown.place && map >= found[0] && map < found[1]));
      button.classList.toggle("chosen", Boolean(chosen && place === chosen.node && map === chosen.map));
      button.setAttribute("aria-pressed", String(button.classList.contains("chosen")));
      if (own) lay(button.querySelector(".frame"), [shown.row, shown.row + 1, shown.column, shown.column + 1], graph[place].size);
    }
    const field = shown ? seen.get(0) : null;
    this.whole.classList.toggle("on", Boolean(field));
    if (field) lay(this.whole, field.slice(2), graph[0].size);
    this.root.dataset.field = field ? field.slice(2).join(" ") : "";
    this.root.dataset.at = shown ? [graph[shown.place].name, shown.map, shown.row, shown.column].join(" ") : "";
    this.describe(shown, field);
  }

  describe(shown, field) {
    if (!shown) {
      this.status.textContent = "Point at a map: the orange box is what that value sees. Click: the sum that made it opens below.";
      return;
    }
    const node = this.data.graph[shown.place];
    const value = shown.value === null ? "" : `: ${shown.value}`;
    const sees = field ? `It sees ${field[3] - field[2]} × ${field[5] - field[4]} pixels of the input.` : "It sees nothing of the input.";
    this.status.textContent = `${node.title}, map ${shown.map + 1}, row ${shown.row + 1}, column ${shown.column + 1}${value}. ${sees}`;
  }

  onPoint(event) {
    const button = event.target.closest("button");
    this.point(button ? this.at(button, under(event, button.querySelector("canvas"))) : null);
  }

  onFocus(event) {
    const button = event.target.closest("button");
    if (!button) return;
    this.layers.querySelector('button[tabindex="0"]')?.setAttribute("tabindex", -1);
    button.setAttribute("tabindex", 0);
    if (button.matches(":focus-visible")) this.point(this.at(button, this.middle(button)));
  }

  middle(button) {
    const [rows, columns] = this.column(button).picture;
    return [Math.floor(rows / 2), Math.floor(columns / 2)];
  }

  onClick(event) {
    const button = event.target.closest("button");
    if (!button) return;
    // a press of Enter has no place: it takes the value that the arrow keys are at
    const place = event.detail ? under(event, button.querySelector("canvas")) : null;
    const at = place ? this.at(button, place) : this.pointed ?? this.at(button, this.middle(button));
    this.data.chosen = { node: at.place, map: at.map, row: at.row, column: at.column };
    this.point(at);
    this.send({ layer: this.data.graph[at.place].name, map: at.map, row: at.row, column: at.column });
  }

  // Arrow keys walk over the maps, with Shift over the values of the map.
  onKey(event) {
    const way = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    const button = event.target.closest("button");
    if (!way || !button) return;
    event.preventDefault();
    if (event.shiftKey) {
      const column = this.column(button);
      const start = this.pointed ?? this.at(button, this.middle(button));
      const next = [start.row / column.every, start.column / column.every].map((value, axis) =>
        Math.max(0, Math.min(column.picture[axis] - 1, value + way[axis])));
      this.point(this.at(button, next));
      return;
    }
    const all = [...this.layers.querySelectorAll("button")];
    const row = way[0] ? Math.max(1, Math.round(button.parentElement.clientWidth / button.clientWidth)) : 1;
    const next = all[all.indexOf(button) + (way[0] * row || way[1])];
    next?.focus();
    if (next) this.point(this.at(next, this.middle(next)));
  }
}
