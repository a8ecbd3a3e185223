// Two pictures, one window: Python sends the pictures, the kernel and every text; here the pixels under the window are
// read out of the picture and multiplied by the weights beside them.

const lenses = new WeakMap();

export default function ({ parentElement, data }) {
  let lens = lenses.get(parentElement);
  if (!lens) {
    lens = new Lens(parentElement.querySelector(".lens"));
    lenses.set(parentElement, lens);
  }
  lens.load(data);
  return () => lenses.delete(parentElement);
}

const CHANNELS = ["Red", "Green", "Blue"];
const MOST_TERMS = 25;

const make = (tag, name, ...children) => {
  const element = document.createElement(tag);
  if (name) element.className = name;
  element.append(...children);
  return element;
};

const written = (number) => String(number).replace("-", "−");

// As many decimals as are needed, four at most; "≈" when that is not the whole number.
function amount(number) {
  const rounded = Math.round(number * 1e4) / 1e4;
  return [Math.abs(rounded - number) < 1e-9 * Math.max(1, Math.abs(number)) ? "=" : "≈", written(rounded)];
}

async function picture(source) {
  const image = new Image();
  image.src = source;
  await image.decode();
  return image;
}

class Lens {
  constructor(root) {
    this.root = root;
    this.left = this.figure();
    this.right = this.figure();
    this.scale = make("div", "scale");
    this.right.element.append(this.scale);
    this.panel = make("div", "panel");
    root.append(make("div", "pair", this.left.element, this.right.element), this.panel);
    root.onkeydown = (event) => this.onKey(event);
  }

  figure() {
    const canvas = make("canvas");
    canvas.setAttribute("role", "img");
    const mark = make("div", "mark");
    const frame = make("div", "frame", canvas, mark);
    frame.tabIndex = 0;
    frame.setAttribute("role", "group");
    const caption = make("figcaption");
    const place = (event) => {
      const box = canvas.getBoundingClientRect();
      const offset = canvas === this.left.canvas ? this.offset() : 0;
      this.point(
        Math.floor(((event.clientY - box.top) / box.height) * canvas.height) - offset,
        Math.floor(((event.clientX - box.left) / box.width) * canvas.width) - offset);
    };
    frame.onpointermove = (event) => { if (!this.pinned) place(event); };
    frame.onclick = (event) => {
      this.pinned = !this.pinned || event.pointerType === "touch";
      place(event);
    };
    return { element: make("figure", "", caption, frame), canvas, mark, frame, caption };
  }

  // Without padding, the first output lies under the middle of the first window.
  offset() {
    return (this.data.weights.length - 1) / 2 - this.data.margin;
  }

  async load(data) {
    const turn = (this.turn = (this.turn ?? 0) + 1);
    const fresh = this.data?.source !== data.source;
    const [source, result] = await Promise.all([fresh ? picture(data.source) : null, picture(data.result)]);
    if (turn !== this.turn) return; // a later edit came in while this one was decoded
    const resized = String(this.data?.size) !== String(data.size);
    this.data = data;
    if (fresh) this.drawSource(source);
    const { canvas } = this.right;
    [canvas.height, canvas.width] = data.size;
    canvas.getContext("2d").drawImage(result, 0, 0);
    this.describe();
    this.buildPanel();
    this.point(...(resized || !this.moved ? data.start : this.at), !resized && this.moved);
    this.root.dataset.shown = data.words.map((row) => row.join(" ")).join("; ");
  }

  drawSource(image) {
    const { margin } = this.data;
    const sheet = make("canvas");
    [sheet.width, sheet.height] = [image.naturalWidth, image.naturalHeight];
    const context = sheet.getContext("2d", { willReadFrequently: true });
    context.drawImage(image, 0, 0);
    this.pixels = context.getImageData(0, 0, sheet.width, sheet.height);
    const { canvas } = this.left;
    [canvas.width, canvas.height] = [sheet.width - 2 * margin, sheet.height - 2 * margin];
    canvas.getContext("2d").drawImage(sheet, -margin, -margin);
  }

  describe() {
    const { alt, result_alt: resultAlt, caption, ends, colours, remark } = this.data;
    this.left.caption.textContent = caption;
    this.right.caption.textContent = "Result";
    this.left.canvas.setAttribute("aria-label", alt);
    this.right.canvas.setAttribute("aria-label", resultAlt);
    this.left.frame.setAttribute("aria-label", "Picture: arrow keys move the window");
    this.right.frame.setAttribute("aria-label", "Result: arrow keys move the window");
    const bar = make("div", "bar");
    bar.style.background = `linear-gradient(to right, ${colours.join(", ")})`;
    const numbers = make("div", "ends", ...ends.map((text) => make("span", "", text)));
    this.scale.replaceChildren(bar, numbers, make("p", "", remark));
    this.root.classList.toggle("coarse", Math.max(this.left.canvas.width, this.left.canvas.height) < 160);
  }

  buildPanel() {
    const { weights, words, channels } = this.data;
    const k = weights.length;
    this.patches = [];
    const parts = [];
    for (let channel = 0; channel < channels; channel++) {
      const cells = Array.from({ length: k * k }, () => make("span", "cell"));
      this.patches.push(cells);
      parts.push(this.grid(channels === 1 ? "Pixels under the window" : CHANNELS[channel], "pixels", k, cells));
    }
    const largest = Math.max(...weights.flat().map(Math.abs)) || 1;
    const kernel = weights.flat().map((weight, i) => {
      const cell = make("span", `cell ${weight < 0 ? "minus" : weight > 0 ? "plus" : "none"}`, written(words.flat()[i]));
      cell.style.setProperty("--strength", `${Math.round(Math.sqrt(Math.abs(weight) / largest) * 40)}%`);
      return cell;
    });
    this.title = make("h3");
    this.sums = make("output", "sums");
    this.sums.setAttribute("aria-live", "polite");
    const factor = make("div", "factor", make("span", "sign", "×"), this.grid("Kernel", "kernel", k, kernel));
    const row = make("div", "grids", ...parts, factor);
    this.panel.replaceChildren(this.title, row, this.sums);
  }

  grid(label, role, k, cells) {
    const grid = make("div", `grid ${role}`, ...cells);
    grid.style.setProperty("--k", k);
    grid.setAttribute("aria-hidden", "true"); // the sum below says the same in words
    return make("div", "block", make("span", "label", label), grid);
  }

  point(row, column, moved = true) {
    const [height, width] = this.data.size;
    const clamp = (value, size) => Math.min(Math.max(value, 0), size - 1);
    this.at = [clamp(row, height), clamp(column, width)];
    this.moved = moved;
    this.place();
    this.sum();
  }

  place() {
    const [row, column] = this.at;
    const k = this.data.weights.length;
    const set = ({ mark, canvas }, offset, cells) => {
      Object.assign(mark.style, {
        left: `${((column + offset + 0.5) / canvas.width) * 100}%`,
        top: `${((row + offset + 0.5) / canvas.height) * 100}%`,
        width: `max(14px, ${(cells / canvas.width) * 100}%)`,
      });
    };
    set(this.left, this.offset(), k);
    set(this.right, 0, 1);
    this.root.classList.toggle("pinned", Boolean(this.pinned));
  }

  sum() {
    const { weights, words, channels } = this.data;
    const k = weights.length;
    const [row, column] = this.at;
    const flat = weights.flat();
    const names = words.flat().map((word) => (/^[-]|\//.test(word) ? `(${written(word)})` : word));
    const lines = this.patches.map((cells, channel) => {
      let total = 0;
      const terms = [];
      for (let i = 0; i < k * k; i++) {
        const at = (row + Math.floor(i / k)) * this.pixels.width + column + (i % k);
        const value = this.pixels.data[at * 4 + channel];
        this.paint(cells[i], value, channel);
        if (!flat[i]) continue; // a weight of zero adds nothing: left out of the written sum
        total += value * flat[i];
        terms.push(`${value}·${names[i]}`);
      }
      const [equal, result] = amount(total);
      const line = make("div", "line");
      if (channels > 1) line.append(make("b", "", `${CHANNELS[channel]} `));
      if (terms.length && terms.length * channels <= MOST_TERMS) line.append(`${terms.join(" + ")} ${equal} `);
      else line.append(`${terms.length} products ${terms.length ? "add up to" : ":"} `);
      line.append(make("strong", "", result));
      return line;
    });
    this.title.textContent = `Row ${row + 1}, column ${column + 1} of the result`;
    this.sums.replaceChildren(...lines);
  }

  paint(cell, value, channel) {
    cell.textContent = value;
    const colour = [0, 0, 0];
    if (this.data.channels === 1) colour.fill(value);
    else colour[channel] = value;
    cell.style.background = `rgb(${colour})`;
    const light = this.data.channels === 1 ? value : value * [0.299, 0.587, 0.114][channel];
    cell.style.color = light > 118 ? "#000" : "#fff";
  }

  onKey(event) {
    if (event.key === "Escape") {
      this.pinned = false;
      return this.place();
    }
    const far = event.shiftKey ? 10 : 1;
    const move = { ArrowUp: [-far, 0], ArrowDown: [far, 0], ArrowLeft: [0, -far], ArrowRight: [0, far] }[event.key];
    if (!move || !event.target.closest(".frame")) return undefined;
    event.preventDefault();
    this.pinned = true;
    return this.point(this.at[0] + move[0], this.at[1] + move[1]);
  }
}
