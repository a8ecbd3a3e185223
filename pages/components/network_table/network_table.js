// The table of a network: everything in it comes from Python; here it is drawn, chosen from, and predicted in.

const tables = new WeakMap();

export default function ({ parentElement, data, setTriggerValue }) {
  let table = tables.get(parentElement);
  if (!table) {
    table = new NetworkTable(parentElement.querySelector(".network"));
    tables.set(parentElement, table);
  }
  table.send = (what, path) => setTriggerValue("acted", { what, path });
  table.load(data);
  return () => tables.delete(parentElement);
}

const NS = "http://www.w3.org/2000/svg";
const HEIGHT = 110; // px of the tallest box
const SLANT = 0.16; // how far a box goes back, as a part of its height
const GAP = 7; // px between boxes
const TOP = 16; // px above the tallest box, for its height in words

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

function draw(tag, attributes, ...children) {
  const element = document.createElementNS(NS, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

// What was typed, in the way answers are written: 2,432 → 2432; 3 x 8 × 8 → 3×8×8.
const plain = (text) => text.replace(/[\s,.']+/g, "").replace(/[x*]/gi, "×");

class NetworkTable {
  constructor(root) {
    this.root = root;
    this.guesses = {};
  }

  load(data) {
    const focused = this.root.getRootNode().activeElement?.dataset?.focus;
    if (this.data && this.data.predict !== data.predict) this.guesses = {};
    this.data = data;
    const places = this.scrolled();
    this.root.replaceChildren(this.diagram(), this.score(), this.table());
    this.scrolled().forEach(([part], index) => part.scrollTo(places[index]?.[1] ?? 0, places[index]?.[2] ?? 0));
    // what was done with the keyboard goes on where it was done
    if (focused) this.root.querySelector(`[data-focus="${focused.startsWith("pick") ? `pick ${data.chosen}` : focused}"]`)?.focus();
    this.root.dataset.shown = data.shown;
  }

  // The parts that scroll by themselves, and how far they are scrolled.
  scrolled() {
    return [...this.root.querySelectorAll(".diagram, .scroll")].map((part) => [part, part.scrollLeft, part.scrollTop]);
  }

  // Every box is a block of maps: its face as high as a map, its width their number, both toned down so that all fit.
  diagram() {
    const { boxes, alt } = this.data;
    const tallest = Math.max(...boxes.map((box) => box.height), 1);
    const room = this.root.clientWidth || 640;
    const bare = boxes.map((box) => 6 + 6 * Math.log2(1 + box.depth));
    const slants = boxes.map((box) => SLANT * Math.max(8, Math.sqrt(box.height / tallest) * HEIGHT));
    const fixed = slants.reduce((sum, slant) => sum + slant + GAP, 12);
    const scale = Math.max(0.35, Math.min(1.4, (room - fixed) / bare.reduce((sum, width) => sum + width, 0)));
    const base = HEIGHT * (1 + SLANT) + TOP;
    let x = 10;
    const svg = draw("svg", { role: "img", "aria-label": alt });
    boxes.forEach((box, index) => {
      const [width, height, slant] = [bare[index] * scale, slants[index] / SLANT, slants[index]];
      svg.append(this.cuboid(box, x, base, width, height, slant));
      x += width + slant + GAP;
    });
    svg.setAttribute("width", x);
    svg.setAttribute("height", base + 32);
    return make("div", {}, make("div", { class: "diagram" }, svg), this.legend());
  }

  cuboid(box, x, base, width, height, slant) {
    const top = base - height;
    const chosen = box.path && box.path === this.data.chosen ? " chosen" : "";
    const group = draw("g", { class: `box ${box.role}${chosen}` }, draw("title", {}, box.shape ? `${box.name}: ${box.shape}` : box.name));
    const corner = `${x + width + slant}`;
    group.append(
      draw("path", { class: "side", d: `M${x} ${top}l${slant} ${-slant}h${width}v${height}l${-slant} ${slant}v${-height}z` }),
      draw("rect", { x, y: top, width, height }),
      draw("path", { class: "edge", d: `M${x + width} ${top}L${corner} ${top - slant}` }),
    );
    const sign = { sum: "+", stack: "∥" }[box.role];
    if (sign) group.append(draw("text", { class: "sign", x: x + width / 2, y: top + height / 2 + 5, "text-anchor": "middle" }, sign));
    const [sizes, name] = [box.shape.split("×"), box.name];
    const space = width + slant + GAP;
    const write = (text, y) => group.append(draw("text", { x: x + width / 2, y, "text-anchor": "middle" }, text));
    if (6 * sizes[0].length < space) write(sizes[0], base + 14);
    if (6.5 * name.length + 4 < space) write(name, base + 28);
    if (sizes.length > 1 && 6 * sizes[1].length + 4 < slant + width) {
      group.append(draw("text", { x: x + slant + width / 2, y: top - slant - 4, "text-anchor": "middle" }, sizes[1]));
    }
    if (box.path) group.onclick = () => this.send("choose", box.path);
    return group;
  }

  legend() {
    const names = { input: "input", conv: "convolution", pool: "pooling", linear: "linear", sum: "residual block", stack: "branches", other: "other" };
    const there = Object.entries(names).filter(([role]) => this.data.boxes.some((box) => box.role === role));
    const items = there.map(([role, text]) => make("span", {}, make("i", { class: role, "aria-hidden": "true" }), text));
    return make("div", { class: "legend" }, ...items, this.data.boxes[0].shape ? make("span", {}, "above: height, below: channels") : null);
  }

  score() {
    const asked = this.data.lines.filter((line) => line.question);
    if (!asked.length) return make("span");
    const right = asked.filter((line) => this.solved(line)).length;
    return make("p", { class: "score", role: "status" }, `${right} of ${asked.length} right`);
  }

  solved(line) {
    return plain(this.guesses[line.path] ?? "") === plain(line.question.answer);
  }

  table() {
    const { columns, lines, label } = this.data;
    const heads = columns.map(({ name, number, hint }) => make("th", { scope: "col", class: number ? "number" : false, title: hint }, name));
    const head = make("tr", {}, make("th", { scope: "col" }, "Layer"), ...heads);
    const body = make("tbody", {}, ...lines.flatMap((line) => this.rows(line)));
    return make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": label }, make("table", { "aria-label": label }, make("thead", {}, head), body));
  }

  rows(line) {
    const chosen = line.path === this.data.chosen;
    const state = [chosen && "chosen", line.problem && "wrong", line.waits && "waits"].filter(Boolean).join(" ");
    const pick = make("button", {
      type: "button", class: "pick", "aria-pressed": String(chosen), "data-focus": `pick ${line.path}`,
      title: "Alt and arrow keys move it, Delete removes it, D makes it twice",
    }, line.title);
    pick.onclick = () => this.send("choose", line.path);
    pick.onkeydown = (event) => this.onKey(event, line);
    const name = make("td", { class: "name", style: `--depth:${line.depth}` }, pick, make("small", {}, ...this.kind(line)));
    const cells = this.data.columns.map((column) => this.cell(line, column));
    const rows = [make("tr", { class: state || false }, name, ...cells)];
    const across = this.data.columns.length + 1;
    if (line.problem) rows.push(make("tr", { class: "sentence" }, make("td", { colspan: across, role: "alert" }, line.problem)));
    const says = this.says(line);
    if (says) rows.push(make("tr", { class: "answer" }, make("td", { colspan: across, role: "status" }, says)));
    return rows;
  }

  kind(line) {
    return line.settings ? [make("b", {}, line.kind), ` ${line.settings}`] : [make("b", {}, line.kind)];
  }

  cell(line, { name, number }) {
    const classes = [number && "number"].filter(Boolean);
    if (name === this.data.predict && line.question) return this.guess(line, classes);
    const share = line.shares?.[name];
    if (share !== undefined) classes.push("bar");
    return make("td", { class: classes.join(" ") || false, style: share === undefined ? false : `--share:${share}` }, line.cells[name] ?? "");
  }

  guess(line, classes) {
    if (this.solved(line)) return make("td", { class: [...classes, "right"].join(" ") }, `✓ ${line.cells[this.data.predict]}`);
    const guessed = this.guesses[line.path];
    const input = make("input", {
      class: guessed ? "guess miss" : "guess", "aria-label": `${this.data.predict} of ${line.title}`, "data-focus": `guess ${line.path}`,
      autocomplete: "off", value: guessed ?? "", "aria-invalid": guessed ? "true" : false,
    });
    const check = () => {
      if (input.value.trim() === (this.guesses[line.path] ?? "")) return;
      this.guesses[line.path] = input.value.trim();
      const fields = [...this.root.querySelectorAll(".guess")];
      const next = fields[fields.indexOf(input) + (this.solved(line) ? 1 : 0)]?.dataset.focus;
      this.load(this.data);
      this.root.querySelector(`[data-focus="${next}"]`)?.focus();
    };
    input.onchange = check;
    input.onkeydown = (event) => { if (event.key === "Enter") check(); }; // what is returned would stop the key
    return make("td", { class: classes.join(" ") || false }, input);
  }

  // Why a guess is wrong: the term that differs where it is known, else the way to the answer.
  says(line) {
    const guessed = line.question && this.guesses[line.path];
    if (!guessed || this.solved(line)) return "";
    const slips = Object.entries(line.question.slips).find(([wrong]) => plain(wrong) === plain(guessed));
    return `${line.title}: ${slips ? slips[1] : `not yet. ${line.question.hint}`}`;
  }

  onKey(event, line) {
    const { key, altKey } = event;
    const done = altKey && key === "ArrowUp" ? "up" : altKey && key === "ArrowDown" ? "down"
      : key === "Delete" ? "delete" : key === "d" || key === "D" ? "duplicate" : null;
    if (done) {
      event.preventDefault();
      this.send(done, line.path);
      return;
    }
    const step = { ArrowUp: -1, ArrowDown: 1 }[key];
    if (!step) return;
    event.preventDefault();
    const picks = [...this.root.querySelectorAll(".pick")];
    const next = picks[picks.indexOf(event.currentTarget) + step];
    next?.focus();
    next?.click();
  }
}
