// One map unfolded: each input map, its kernel, their product, the sum with the bias, and the layers right behind.

class Unfold {
  constructor(act) {
    this.act = act; // { choose, close }
    this.element = make("section", { class: "unfold" });
    this.element.onpointermove = (event) => this.onPoint(event);
    this.element.onpointerleave = () => this.mark(this.chosen);
    this.element.onclick = (event) => this.onClick(event);
    this.element.onkeydown = (event) => this.onKey(event);
  }

  load(data, palette) {
    const { unfolded, chosen } = data;
    this.element.hidden = !unfolded;
    this.data = data;
    this.palette = palette;
    if (!unfolded) {
      this.drawn = null;
      return;
    }
    this.node = data.graph[unfolded.node];
    this.chosen = chosen && chosen.row !== null ? [chosen.row, chosen.column] : null;
    // the same map of another picture: drawn in place, so that nothing flickers and the focus stays
    const drawn = JSON.stringify([unfolded.title, unfolded.parts?.map((part) => part.title), unfolded.after?.map((one) => one.title)]);
    if (drawn !== this.drawn || !unfolded.parts) this.build(unfolded);
    this.drawn = drawn;
    if (unfolded.parts) this.fill(unfolded);
    this.mark(this.chosen);
  }

  build(unfolded) {
    const focused = this.element.contains(this.element.getRootNode().activeElement) && this.element.getRootNode().activeElement.dataset.focus;
    this.element.setAttribute("aria-label", `${unfolded.title}, unfolded`);
    const close = make("button", { type: "button", class: "close", "aria-label": "Close", "data-focus": "close" }, "×");
    close.onclick = () => this.act.close();
    this.formula = make("p", { class: "formula" });
    this.words = make("p", { class: "words" });
    this.said = make("output", { class: "said", "aria-live": "polite" });
    const head = make("div", { class: "top" }, make("h3", {}, unfolded.title), close);
    this.figures = [];
    const body = unfolded.parts ? this.maps(unfolded) : this.table(unfolded);
    this.element.replaceChildren(head, this.formula, body, this.words, this.said);
    this.formula.textContent = `${this.node.flat ? "value" : "map"} = ${unfolded.formula}`;
    this.words.textContent = unfolded.words;
    if (focused) this.element.querySelector(`[data-focus="${focused}"]`)?.focus();
  }

  maps(unfolded) {
    const parts = unfolded.parts.map((part, i) => this.part(part, i, unfolded));
    const sum = make("div", { class: "result" });
    if (unfolded.is_sum && unfolded.parts.length > 1) sum.append(make("b", {}, "Σ above"));
    if (unfolded.rest) sum.append(make("b", {}, "+"), this.figure("rest", "the others", "product"));
    this.bias = make("span", { class: "bias" });
    sum.append(this.bias, make("b", {}, unfolded.is_sum ? "=" : "→"), this.figure("result", unfolded.title.replace(/ of .*/, ""), "output"));
    unfolded.after.forEach((after, i) => {
      sum.append(make("span", { class: "step" }, make("b", {}, "→"), make("small", {}, after.formula)), this.figure(`after ${i}`, after.title, "output"));
    });
    return make("div", { class: parts.length > 1 ? "sum" : "sum one" }, make("div", { class: "parts" }, ...parts), sum);
  }

  part(part, i, unfolded) {
    const row = make("div", { class: "part" }, this.figure(`values ${i}`, part.title, "input"));
    if (part.kernel) row.append(make("b", {}, "∗"), this.kernel(part.kernel, `kernel ${i}`));
    if (part.product) row.append(make("b", {}, "="), this.figure(`product ${i}`, "product", "product"));
    if (i < unfolded.parts.length - 1 && unfolded.is_sum) row.append(make("b", { class: "plus" }, "+"));
    return row;
  }

  kernel(kernel, name) {
    const figure = this.figure(name, "kernel", "kernel");
    const [rows, columns] = kernel.picture;
    if (kernel.texts.length) {
      const cells = make("span", { class: "cells", "aria-hidden": "true", style: `--rows:${rows};--columns:${columns}` });
      cells.append(...kernel.texts.map(() => make("span")));
      figure.querySelector(".frame").append(cells);
    }
    return figure;
  }

  figure(name, caption, role) {
    const canvas = make("canvas", { role: "img" });
    const frame = make("span", { class: "frame" }, canvas, make("i", { class: "box" }));
    const choosable = ["product", "output"].includes(role);
    if (name === "result") {
      frame.tabIndex = 0;
      Object.entries({ role: "group", "data-focus": "result", "aria-label": `${caption}: arrow keys choose a pixel, Enter opens its sum` })
        .forEach(([key, value]) => frame.setAttribute(key, value));
    }
    const small = make("small");
    const figure = make("figure", { class: `${role}${choosable ? " out" : ""}`, "data-name": name }, make("figcaption", {}, caption), frame, small);
    this.figures.push(figure);
    return figure;
  }

  table({ lines, heads, others, value, bias }) {
    const row = (cells, kind = "td") => make("tr", {}, ...cells.map((cell, i) => make(i || kind === "th" ? kind : "th", { scope: kind === "th" ? "col" : i ? false : "row" }, cell)));
    const blank = (cells) => [cells[0], ...Array(Math.max(0, heads.length - 2)).fill(""), cells[1]];
    const body = lines.map((line) => row(line));
    if (others) body.push(row(blank(others)));
    if (bias !== null) body.push(row(blank(["bias", bias])));
    const total = row(blank(["value", value]));
    total.className = "total";
    const table = make("table", { "aria-label": "What the value is made of" }, make("thead", {}, row(heads, "th")), make("tbody", {}, ...body, total));
    return make("div", { class: "scroll" }, table);
  }

  picture(name) {
    const { unfolded } = this.data;
    const [what, i] = name.split(" ");
    if (what === "result" || what === "rest") return unfolded[what];
    return what === "after" ? unfolded.after[i].picture : unfolded.parts[i][what];
  }

  fill(unfolded) {
    const own = this.data.scale === "map";
    this.formula.textContent = `map = ${unfolded.formula}`;
    this.words.textContent = unfolded.words;
    this.bias.textContent = unfolded.bias === null ? "" : `+ bias ${unfolded.bias}`;
    for (const figure of this.figures) {
      const data = this.picture(figure.dataset.name);
      const canvas = figure.querySelector("canvas");
      const bytes = (figure.bytes = unpack(data.pixels));
      paint(canvas, bytes, 0, data.picture, own ? 1 : data.share, this.palette);
      figure.style.setProperty("--aspect", `${data.picture[1]} / ${data.picture[0]}`);
      canvas.setAttribute("aria-label", `${figure.querySelector("figcaption").textContent}, at most ${data.limits[0]}`);
      figure.querySelector("small").textContent = `±${data.limits[own ? 0 : 1]}`;
      figure.querySelectorAll(".cells span").forEach((cell, i) => {
        const share = bytes[i] ? ((bytes[i] - 128) / STEPS) * (own ? 1 : data.share) : 0;
        cell.textContent = shorter(data.texts[i], 5).replace("-", "−");
        cell.title = data.texts[i];
        cell.style.background = colour(share, this.palette);
        cell.style.color = inkOn(share, this.palette);
      });
    }
  }

  // Show where a pixel [row, column] of the map comes from, in every picture; null for none.
  mark(at) {
    this.at = at;
    if (!this.data?.unfolded?.parts) return;
    for (const figure of this.figures) {
      const box = figure.querySelector(".box");
      const data = this.picture(figure.dataset.name);
      const place = at && this.box(figure, at);
      box.hidden = !place;
      if (place) lay(box, place, data.size);
    }
    this.say(at);
  }

  box(figure, [row, column]) {
    if (figure.classList.contains("out")) return [row, row + 1, column, column + 1];
    if (!figure.classList.contains("input") || this.node.rule[0] === "flatten") return null;
    if (!this.node.windows) return [row, row + 1, column, column + 1];
    const [rows, columns] = [read(this.node.windows[0], [row]), read(this.node.windows[1], [column])];
    if (!rows.length || !columns.length) return null;
    return [rows[0], rows.at(-1) + 1, columns[0], columns.at(-1) + 1];
  }

  say(at) {
    const { unfolded } = this.data;
    if (!at) {
      this.said.textContent = this.node.windows ? "Click a pixel of the map: the sum that made it opens below." : "";
      return;
    }
    const value = (name) => {
      const figure = this.figures.find((one) => one.dataset.name === name);
      const data = this.picture(name);
      const place = Math.floor(at[0] / data.every) * data.picture[1] + Math.floor(at[1] / data.every);
      return near(figure.bytes[place], data.limit);
    };
    const after = unfolded.after.map((one, i) => `, behind ${one.title.replace(/,.*/, "")} ${value(`after ${i}`)}`).join("");
    this.said.textContent = `Row ${at[0] + 1}, column ${at[1] + 1}: ${value("result")}${after}`;
  }

  pixel(event) {
    const figure = event.target.closest(".out");
    const canvas = figure?.querySelector("canvas");
    if (!canvas || !event.target.closest(".frame")) return null;
    const [row, column] = under(event, canvas);
    const { every } = this.picture(figure.dataset.name);
    return [row * every, column * every];
  }

  onPoint(event) {
    this.mark(this.pixel(event) ?? this.chosen);
  }

  onClick(event) {
    const at = this.data.unfolded?.parts && this.pixel(event);
    if (at) this.open(at);
  }

  open(at) {
    this.chosen = at;
    this.mark(at);
    const { node, map } = this.data.unfolded;
    this.act.choose({ place: node, map, row: at[0], column: at[1] });
  }

  onKey(event) {
    if (!event.target.matches?.('[data-focus="result"]')) return;
    const move = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    const { size } = this.data.unfolded.result;
    if (move) {
      event.preventDefault();
      const from = this.at ?? [0, 0];
      this.mark(from.map((place, i) => Math.max(0, Math.min(size[i] - 1, place + (this.at ? move[i] : 0)))));
    } else if (event.key === "Enter" && this.at) {
      event.preventDefault();
      this.open(this.at);
    }
  }
}
