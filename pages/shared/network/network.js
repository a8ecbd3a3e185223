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
    this.root.replaceChildren(this.diagram(), this.score(), this.table());
    // what was done with the keyboard goes on where it was done
    if (focused) this.root.querySelector(`[data-focus="${focused.startsWith("pick") ? `pick ${data.chosen}` : focused}"]`)?.focus();
    this.root.dataset.shown = data.shown;
  }

  diagram() {
    const { boxes, alt } = this.data;
    const tallest = Math.max(...boxes.map((box) => box.height), 1);
    let x = 2;
    const svg = draw("svg", { role: "img", "aria-label": alt });
    for (const box of boxes) {
      const height = Math.max(6, Math.sqrt(box.height / tallest) * HEIGHT);
      const width = Math.min(60, 5 + 6 * Math.log2(1 + box.depth));
      const chosen = box.path && box.path === this.data.chosen ? " chosen" : "";
      const rect = draw("rect", { x, y: (HEIGHT - height) / 2 + 2, width, height, rx: 2, class: box.role + chosen });
      rect.append(draw("title", {}, `${box.name}: ${box.shape}`));
      if (box.path) rect.onclick = () => this.send("choose", box.path);
      svg.append(rect);
      x += width + 3;
    }
    const [first, last] = [boxes[0], boxes.at(-1)];
    svg.append(draw("text", { x: 2, y: HEIGHT + 18 }, first.shape));
    if (boxes.length > 1) svg.append(draw("text", { x: Math.max(x - 3, 120), y: HEIGHT + 18, "text-anchor": "end" }, last.shape));
    svg.setAttribute("width", Math.max(x, 122));
    svg.setAttribute("height", HEIGHT + 24);
    return make("div", { class: "diagram" }, svg);
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
    const heads = columns.map(({ title, number }) => make("th", { scope: "col", class: number ? "number" : false }, title));
    const head = make("tr", {}, make("th", { scope: "col" }, "Layer"), ...heads);
    const body = make("tbody", {}, ...lines.flatMap((line) => this.rows(line)));
    return make("div", { class: "scroll" }, make("table", { "aria-label": label }, make("thead", {}, head), body));
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
    const name = make("td", { class: "name", style: `--depth:${line.depth}` }, pick, make("small", {}, line.settings));
    const cells = this.data.columns.map((column) => this.cell(line, column));
    const rows = [make("tr", { class: state || false }, name, ...cells)];
    const across = this.data.columns.length + 1;
    if (line.problem) rows.push(make("tr", { class: "sentence" }, make("td", { colspan: across, role: "alert" }, line.problem)));
    const says = this.says(line);
    if (says) rows.push(make("tr", { class: "answer" }, make("td", { colspan: across, role: "status" }, says)));
    return rows;
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
