// Two pictures, one window: Python sends the pictures, the kernel and every text; here the pixels under the window are
// read out of the picture and multiplied by the weights beside them.

const lenses = new WeakMap();

export default function ({ parentElement, data, setTriggerValue }) {
  let lens = lenses.get(parentElement);
  if (!lens) {
    lens = new Lens(parentElement.querySelector(".lens"));
    lenses.set(parentElement, lens);
  }
  lens.send = (place) => setTriggerValue("pinned", place);
  lens.load(data);
  return () => {
    clearTimeout(lens.timer);
    lenses.delete(parentElement);
  };
}

const MOST_TERMS = 25;
const SEND_MS = 250; // a key held down sends where it ends, not every pixel on the way

const make = (tag, name, ...children) => {
  const element = document.createElement(tag);
  if (name) element.className = name;
  element.append(...children);
  return element;
};

const written = (number) => String(number).replace("-", "−");
const tidy = (number) => Math.round(number * 1e4) / 1e4;
const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

// As many decimals as are needed, four at most; "≈" when that is not the whole number.
function amount(number) {
  const rounded = tidy(number);
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
    this.divider = this.buildDivider();
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
      const down = ((event.clientY - box.top) / box.height) * canvas.height;
      const across = ((event.clientX - box.left) / box.width) * canvas.width;
      if (canvas === this.right.canvas) this.point(Math.floor(down), Math.floor(across));
      else this.point(...this.result(down, across));
    };
    frame.onpointermove = (event) => { if (!this.pinned) place(event); };
    frame.onclick = (event) => {
      if (event.target.closest(".divider")) return;
      this.pinned = !this.pinned || event.pointerType === "touch";
      place(event);
      if (this.pinned) this.tell(true);
    };
    return { element: make("figure", "", caption, frame), canvas, mark, frame, caption };
  }

  // Where the window of a result begins on the picture, and how far it reaches: rows, then columns.
  window([row, column]) {
    const { stride, offset, reach } = this.data;
    return [row * stride - offset[0], column * stride - offset[1], ...reach];
  }

  // The result whose window has its middle at a place of the picture.
  result(down, across) {
    const { stride, offset, reach } = this.data;
    return [down, across].map((at, i) => Math.round((at - reach[i] / 2 + offset[i]) / stride));
  }

  async load(data) {
    const turn = (this.turn = (this.turn ?? 0) + 1);
    const fresh = this.data?.source !== data.source;
    const [source, result] = await Promise.all([fresh ? picture(data.source) : null, picture(data.result)]);
    if (turn !== this.turn) return; // a later edit came in while this one was decoded
    const moved = String(this.data?.size) !== String(data.size);
    const sent = String(this.data?.at) !== String(data.at) && String(data.at) !== String(this.at) ? data.at : null;
    this.data = data;
    if (fresh || this.drawn !== String(data.margin)) this.drawSource(source);
    const { canvas } = this.right;
    [canvas.height, canvas.width] = data.size;
    canvas.getContext("2d").drawImage(result, 0, 0);
    this.describe();
    this.arrange();
    if (data.weights) this.panelLater();
    this.point(...(sent ?? (moved || !this.moved ? data.start : this.at)), Boolean(sent) || (!moved && this.moved));
    this.root.dataset.shown = data.shown;
  }

  drawSource(image) {
    const { margin } = this.data;
    if (image) {
      this.sheet = make("canvas");
      [this.sheet.width, this.sheet.height] = [image.naturalWidth, image.naturalHeight];
      const context = this.sheet.getContext("2d", { willReadFrequently: true });
      context.drawImage(image, 0, 0);
      this.pixels = context.getImageData(0, 0, this.sheet.width, this.sheet.height);
    }
    this.drawn = String(margin);
    const [top, left, bottom, right] = margin;
    const { canvas } = this.left;
    [canvas.width, canvas.height] = [this.sheet.width - left - right, this.sheet.height - top - bottom];
    canvas.getContext("2d").drawImage(this.sheet, -left, -top);
  }

  describe() {
    const { alt, result_alt: resultAlt, caption, result_caption: resultCaption, ends, colours, remark } = this.data;
    this.left.caption.textContent = caption;
    this.right.caption.textContent = resultCaption;
    this.left.canvas.setAttribute("aria-label", alt);
    this.right.canvas.setAttribute("aria-label", resultAlt);
    this.left.frame.setAttribute("aria-label", "Picture: arrow keys move the window");
    this.right.frame.setAttribute("aria-label", "Result: arrow keys move the window");
    const bar = make("div", "bar");
    bar.style.background = `linear-gradient(to right, ${colours.join(", ")})`;
    const numbers = make("div", "ends", ...ends.map((text) => make("span", "", text)));
    this.scale.replaceChildren(...(ends.length ? [bar, numbers] : []), make("p", "", remark));
    this.root.classList.toggle("coarse", Math.max(this.left.canvas.width, this.left.canvas.height) < 200);
    this.panel.hidden = !this.data.weights;
  }

  // Side by side, or one upon the other with a divider to drag.
  arrange() {
    const compare = this.data.layout === "compare";
    if (this.root.classList.toggle("compare", compare) !== this.divider.isConnected) {
      if (compare) this.left.frame.append(this.right.canvas, this.divider);
      else {
        this.right.frame.prepend(this.right.canvas);
        this.divider.remove();
      }
    }
    this.right.canvas.style.clipPath = compare ? `inset(0 0 0 ${this.split}%)` : "";
    this.divider.style.left = `${this.split}%`;
    this.divider.setAttribute("aria-valuenow", Math.round(this.split));
    if (compare) this.left.caption.textContent = `${this.data.caption} | ${this.data.result_caption}`;
  }

  buildDivider() {
    this.split = 50;
    const divider = make("div", "divider", make("span", "", "◂▸"));
    divider.tabIndex = 0;
    const names = { role: "slider", "aria-label": "Before and after", "aria-valuemin": 0, "aria-valuemax": 100 };
    Object.entries(names).forEach(([name, value]) => divider.setAttribute(name, value));
    const move = (share) => {
      this.split = clamp(share, 0, 100);
      this.arrange();
    };
    divider.onpointerdown = (event) => {
      divider.setPointerCapture(event.pointerId);
      event.preventDefault();
      divider.focus();
    };
    divider.onpointermove = (event) => {
      event.stopPropagation();
      if (!divider.hasPointerCapture(event.pointerId)) return;
      const box = this.left.frame.getBoundingClientRect();
      move(((event.clientX - box.left) / box.width) * 100);
    };
    divider.onkeydown = (event) => {
      const by = { ArrowLeft: -2, ArrowRight: 2, PageUp: 10, PageDown: -10, Home: -100, End: 100 }[event.key];
      if (!by) return;
      event.preventDefault();
      event.stopPropagation();
      move(this.split + by);
    };
    return divider;
  }

  // The picture is what is waited for: with another kernel it is painted first, and the sum's cells in the frame after.
  panelLater() {
    cancelAnimationFrame(this.later);
    const build = () => {
      this.later = null;
      this.buildPanel();
      this.sum();
    };
    if (this.patches) this.later = requestAnimationFrame(() => { this.later = requestAnimationFrame(build); });
    else this.buildPanel();
  }

  buildPanel() {
    const { weights, words, channels, channel_names: names } = this.data;
    const columns = weights[0].length;
    const count = weights.length * columns;
    this.patches = [];
    const parts = [];
    for (let channel = 0; channel < channels; channel++) {
      const cells = Array.from({ length: count }, () => make("span", "cell"));
      this.patches.push(cells);
      parts.push(this.grid(names[channel], "pixels", columns, cells));
    }
    const largest = Math.max(...weights.flat().map(Math.abs)) || 1;
    const kernel = weights.flat().map((weight, i) => {
      const word = words.flat()[i];
      const shown = shorter(word, columns > 9 ? 4 : columns > 3 ? 5 : 6);
      const cell = make("span", `cell ${weight < 0 ? "minus" : weight > 0 ? "plus" : "none"}`, written(shown));
      cell.title = word;
      cell.style.setProperty("--strength", `${Math.round(Math.sqrt(Math.abs(weight) / largest) * 40)}%`);
      return cell;
    });
    this.title = make("h3");
    this.sums = make("output", "sums");
    this.sums.setAttribute("aria-live", "polite");
    const factor = make("div", "factor", make("span", "sign", "×"), this.grid("Kernel", "kernel", columns, kernel));
    const row = make("div", columns > 5 ? "grids many" : "grids", ...parts, factor);
    this.panel.replaceChildren(this.title, row, this.sums);
  }

  grid(label, role, columns, cells) {
    const grid = make("div", `grid ${role}`, ...cells);
    grid.style.setProperty("--k", columns);
    grid.setAttribute("aria-hidden", "true"); // the sum below says the same in words
    return make("div", "block", make("span", "label", label), grid);
  }

  point(row, column, moved = true) {
    const [height, width] = this.data.size;
    this.at = [clamp(row, 0, height - 1), clamp(column, 0, width - 1)];
    this.moved = moved;
    this.place();
    if (this.data.weights && !this.later) this.sum();
  }

  place() {
    const [top, left, height, width] = this.window(this.at);
    const set = ({ mark, canvas }, [row, column, rows, columns]) => {
      Object.assign(mark.style, {
        left: `${((column + columns / 2) / canvas.width) * 100}%`,
        top: `${((row + rows / 2) / canvas.height) * 100}%`,
        width: `max(14px, ${(columns / canvas.width) * 100}%)`,
        height: `max(14px, ${(rows / canvas.height) * 100}%)`,
      });
    };
    set(this.left, [top, left, height, width]);
    set(this.right, [...this.at, 1, 1]);
    this.root.classList.toggle("pinned", Boolean(this.pinned));
  }

  sum() {
    const { weights, words, channels, channel_names: titles, stride, dilation, bias, relu } = this.data;
    const columns = weights[0].length;
    const [row, column] = this.at;
    const flat = weights.flat();
    const names = words.flat().map((word) => (/^[-]|\//.test(word) ? `(${written(word)})` : word));
    const lines = this.patches.map((cells, channel) => {
      let total = bias;
      const terms = [];
      for (let i = 0; i < flat.length; i++) {
        const down = row * stride + Math.floor(i / columns) * dilation;
        const at = down * this.pixels.width + column * stride + (i % columns) * dilation;
        const value = this.pixels.data[at * 4 + channel];
        this.paint(cells[i], value, channel);
        if (!flat[i]) continue; // a weight of zero adds nothing: left out of the written sum
        total += value * flat[i];
        terms.push(`${value}·${names[i]}`);
      }
      const [equal, result] = amount(total);
      const line = make("div", "line");
      if (channels > 1) line.append(make("b", "", `${titles[channel]} `));
      const plus = bias ? ` ${bias < 0 ? "−" : "+"} ${Math.abs(bias)}` : "";
      if (terms.length && terms.length * channels <= MOST_TERMS) line.append(`${terms.join(" + ")}${plus} ${equal} `);
      else line.append(`${terms.length} products${plus && ` and ${written(bias)}`} ${terms.length ? "add up to" : ":"} `);
      if (relu && total < 0) line.append(`${result}, below 0, so ReLU gives `, make("strong", "", "0"));
      else line.append(make("strong", "", result));
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

  tell(clicked = false) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.send([...this.at, clicked]), clicked ? 0 : SEND_MS);
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
    this.tell();
    return this.point(this.at[0] + move[0], this.at[1] + move[1]);
  }
}
