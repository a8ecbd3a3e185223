// The columns: one a layer, its maps below each other, drawn again in place whenever the numbers change.

class Columns {
  constructor(act) {
    this.act = act; // { point, choose }
    this.lines = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    this.lines.setAttribute("aria-hidden", "true");
    this.row = make("div", { class: "columns" });
    this.element = make("div", { class: "scroller", role: "group", "aria-label": "Layers, from the input to the probabilities" }, this.row);
    this.element.onpointermove = (event) => this.onPoint(event);
    this.element.onpointerleave = () => this.act.point(null);
    this.element.addEventListener("focusin", (event) => this.onFocus(event));
    this.element.onclick = (event) => this.onClick(event);
    this.element.onkeydown = (event) => this.onKey(event);
  }

  load(data) {
    this.data = data;
    this.palette ??= unpack(data.palette);
    const drawn = JSON.stringify([data.graph.map((node) => [node.name, node.shape]), data.columns.map((c) => [c.node, c.shown.length])]);
    if (drawn !== this.drawn) this.build();
    this.drawn = drawn;
    paintPicture(this.picture, data.picture.pixels, data.picture.size);
    this.picture.setAttribute("aria-label", data.picture.alt);
    data.columns.forEach((column, i) => this.fill(column, this.row.children[i]));
  }

  build() {
    const focused = this.focus?.isConnected && this.focus.matches(":focus");
    const place = this.focus?.dataset;
    this.columns = new Map(this.data.columns.map((column) => [column.node, column]));
    this.row.replaceChildren(...this.data.columns.map((column) => this.column(column)), this.lines);
    const kept = place && this.row.querySelector(`[data-node="${place.node}"][data-slot="${place.slot}"]`);
    this.focus = kept ?? this.row.querySelector(".map");
    this.focus.tabIndex = 0;
    if (focused) this.focus.focus();
  }

  column(column) {
    const node = this.data.graph[column.node];
    const title = make("h4");
    node.title.split(/(?<=\.)/).forEach((part) => title.append(part, make("wbr")));
    const head = make("div", { class: "head" }, title, make("span", {}, node.kind), make("span", { class: "shape" }, node.shape), make("small"));
    const maps = column.shown.map((_, slot) => this.map(column, node, slot));
    const many = !node.flat && maps.length > 8 ? " many" : "";
    const body = make("div", { class: `maps${many}${node.flat ? " units" : ""}` }, ...maps);
    const inside = node.flat ? make("div", { class: "flat" }, make("canvas", { class: "strip", "aria-hidden": "true" }), body) : body;
    const parts = [head, make("div", {}, inside)];
    if (!node.inputs.length) {
      this.picture = make("canvas", { role: "img" });
      parts[1].prepend(make("div", { class: "whole" }, this.picture, make("i", { class: "box" })));
    }
    return make("div", { class: "column", "data-node": column.node, role: "group", "aria-label": `${node.title}, ${node.kind}, ${node.shape}` }, ...parts);
  }

  map(column, node, slot) {
    const inner = node.flat
      ? [make("span", { class: "label" }), make("span", { class: "value" })]
      : [make("span", { class: "frame" }, make("canvas"), make("i", { class: "box" })), make("span", { class: "label" })];
    return make("button", { type: "button", class: node.flat ? "map unit" : "map", tabindex: -1, "data-node": column.node, "data-slot": slot }, ...inner);
  }

  fill(column, element) {
    const node = this.data.graph[column.node];
    this.columns.set(column.node, column);
    const own = this.data.scale === "map";
    element.querySelector("small").textContent = own && !node.flat ? "each its own scale" : `scale ±${column.limit}`;
    const buttons = element.querySelectorAll(".map");
    if (!node.flat) column.bytes = unpack(column.pixels);
    const strip = element.querySelector(".strip");
    if (strip) paint(strip, unpack(column.strip.pixels), 0, column.strip.picture, 1, this.palette);
    column.shown.forEach((map, slot) => {
      const button = buttons[slot];
      button.dataset.map = map;
      if (node.flat) this.fillUnit(button, column, node, slot);
      else this.fillMap(button, column, node, slot, own);
    });
  }

  fillMap(button, column, node, slot, own) {
    const [rows, columns] = column.picture;
    const canvas = button.querySelector("canvas");
    paint(canvas, column.bytes, slot * rows * columns, column.picture, own ? 1 : column.shares[slot], this.palette);
    button.style.setProperty("--aspect", `${columns} / ${rows}`);
    const number = column.shown[slot] + 1;
    button.querySelector(".label").textContent = own ? `${number} ±${column.limits[slot]}` : number;
    button.setAttribute("aria-label", `${node.title}, map ${number} of ${node.maps}, at most ${column.limits[slot]}`);
  }

  fillUnit(button, column, node, slot) {
    const share = column.shares[slot];
    const [label, value] = button.children;
    label.textContent = column.labels[slot];
    value.textContent = column.texts[slot];
    button.style.background = share === null ? "#969696" : colour(share, this.palette);
    button.style.color = share === null ? "#000" : inkOn(share, this.palette);
    button.setAttribute("aria-label", `${node.title}, unit ${column.shown[slot] + 1} of ${node.maps}, ${column.labels[slot]}: ${column.texts[slot]}`);
  }

  // ---- what is lit ----------------------------------------------------------------------------------------------

  // `seen` is what `follow` found; `at` the map that is pointed at or chosen, null for none.
  light(at, seen, chosen) {
    for (const element of this.row.querySelectorAll(".column")) {
      const place = Number(element.dataset.node);
      const found = seen?.get(place);
      const node = this.data.graph[place];
      if (found) lay(element, found.slice(2), node.size);
      for (const button of element.querySelectorAll(".map")) {
        const map = Number(button.dataset.map);
        const own = at && place === at.place && map === at.map;
        button.classList.toggle("own", Boolean(own));
        button.classList.toggle("fed", Boolean(found && !own && place !== at.place && map >= found[0] && map < found[1]));
        button.classList.toggle("chosen", Boolean(chosen && place === chosen.place && map === chosen.map));
        button.setAttribute("aria-pressed", String(button.classList.contains("chosen")));
      }
      element.querySelector(".whole")?.classList.toggle("fed", Boolean(found));
    }
    this.connect(at, seen);
  }

  connect(at, seen) {
    const target = at && this.row.querySelector(`.map[data-node="${at.place}"][data-map="${at.map}"]`);
    const paths = [];
    if (target) {
      this.lines.setAttribute("width", this.row.scrollWidth);
      this.lines.setAttribute("height", this.row.scrollHeight);
      const origin = this.row.getBoundingClientRect();
      const end = target.getBoundingClientRect();
      for (const source of new Set(this.data.graph[at.place].inputs)) {
        if (!seen?.has(source)) continue;
        for (const button of this.row.querySelectorAll(`.map.fed[data-node="${source}"]`)) {
          const start = button.getBoundingClientRect();
          const [x, y] = [start.right - origin.left, start.top + start.height / 2 - origin.top];
          const [u, v] = [end.left - origin.left, end.top + end.height / 2 - origin.top];
          const bend = Math.max(12, (u - x) / 2);
          paths.push(`M${x} ${y} C${x + bend} ${y} ${u - bend} ${v} ${u} ${v}`);
        }
      }
    }
    let path = this.lines.firstChild;
    if (!path) {
      path = document.createElementNS("http://www.w3.org/2000/svg", "path");
      this.lines.append(path);
    }
    path.setAttribute("d", paths.join(" "));
    this.lines.dataset.count = paths.length;
  }

  // Scroll sideways until a column can be seen; the page itself stays where it is.
  bring(place) {
    const column = this.row.querySelector(`.column[data-node="${place}"]`);
    if (!column) return;
    const [own, frame] = [column.getBoundingClientRect(), this.element.getBoundingClientRect()];
    if (own.right > frame.right || own.left < frame.left) this.element.scrollLeft += own.left - frame.left - frame.width / 2;
  }

  // ---- pointer and keys -----------------------------------------------------------------------------------------

  at(button, pixel) {
    const column = this.columns.get(Number(button.dataset.node));
    const slot = Number(button.dataset.slot);
    const found = { place: column.node, map: Number(button.dataset.map), row: 0, column: 0, value: null };
    if (!column.bytes) return { ...found, value: column.texts[slot] };
    const [rows, columns] = column.picture;
    const [row, across] = pixel ?? this.strongest(column, slot);
    const byte = column.bytes[(slot * rows + row) * columns + across];
    return { ...found, row: row * column.every, column: across * column.every, value: near(byte, column.own[slot]) };
  }

  strongest(column, slot) {
    const [rows, columns] = column.picture;
    const bytes = column.bytes.subarray(slot * rows * columns, (slot + 1) * rows * columns);
    let best = 0;
    bytes.forEach((byte, i) => { if (byte && Math.abs(byte - 128) > Math.abs((bytes[best] || 128) - 128)) best = i; });
    return [Math.floor(best / columns), best % columns];
  }

  onPoint(event) {
    const button = event.target.closest(".map");
    if (!button) return this.act.point(null);
    const canvas = button.querySelector("canvas");
    return this.act.point(this.at(button, canvas ? under(event, canvas) : null));
  }

  onFocus(event) {
    const button = event.target.closest(".map");
    if (!button) return;
    if (this.focus) this.focus.tabIndex = -1;
    button.tabIndex = 0;
    this.focus = button;
    if (button.matches(":focus-visible")) this.act.point(this.at(button));
  }

  onClick(event) {
    const button = event.target.closest(".map");
    if (button) this.act.choose({ place: Number(button.dataset.node), map: Number(button.dataset.map) });
  }

  onKey(event) {
    const button = event.target.closest(".map");
    const move = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[event.key];
    if (!button || !move) return;
    event.preventDefault();
    const all = [...this.row.querySelectorAll(".column")];
    const column = all[all.indexOf(button.closest(".column")) + move[0]];
    const maps = column && [...column.querySelectorAll(".map")];
    const next = maps?.[Math.min(Number(button.dataset.slot), maps.length - 1) + move[1]];
    if (next && next !== button) {
      next.focus();
      next.scrollIntoView({ block: "nearest", inline: "nearest" });
    }
  }
}
