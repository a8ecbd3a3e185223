// The controls: play, step, scrub, speed, predict; which filter is shown; what is counted; the legend.

const ICONS = {
  first: "M3 3h2v10H3zM13 3v10L6 8z", back: "M12 3v10L5 8z", play: "M4 2.5v11l9-5.5z", pause: "M4 3h3v10H4zM9 3h3v10H9z",
  forward: "M4 3v10l7-5z", last: "M11 3h2v10h-2zM3 3v10l7-5z",
};
const SPEEDS = [0.25, 0.5, 1, 2, 4, 8];

function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  svg.append(document.createElementNS("http://www.w3.org/2000/svg", "path"));
  svg.firstChild.setAttribute("d", ICONS[name]);
  return svg;
}

class Controls {
  constructor(on) {
    this.on = on;
    const button = (label, face, action, cls = "") =>
      make("button", { type: "button", "aria-label": label, title: label, class: cls, onclick: action }, face);
    this.play = button("Play", "", on.toggle, "main");
    this.face("play", "Play");
    this.scrubber = make("input", {
      type: "range", min: 0, step: 1, "aria-label": "Step", oninput: () => on.jump(Number(this.scrubber.value)),
    });
    this.counter = make("span", { class: "counter" });
    this.speed = make("select", { "aria-label": "Speed", onchange: on.speed },
      ...SPEEDS.map((s) => make("option", { value: s, ...(s === 1 ? { selected: "" } : {}) }, `${s}×`)));
    this.reveal = button("Uncover every output", "Show all", on.reveal);
    this.predict = make("button", {
      type: "button", class: "toggle", "aria-pressed": "false", title: "Work each output out before you see it",
      onclick: on.predict,
    }, "Predict");
    this.transport = make("div", { class: "transport", role: "group", "aria-label": "Player controls" },
      button("First step", icon("first"), () => on.jump(0)),
      button("Step back", icon("back"), () => on.advance(-1)),
      this.play,
      button("Step forward", icon("forward"), () => on.advance(1)),
      button("Last step", icon("last"), () => on.jump(Infinity)),
      this.scrubber, this.counter, this.speed, this.reveal, this.predict);
    this.pages = make("div", { class: "pages", role: "group", "aria-label": "Filter shown", hidden: "" });
    this.tally = make("span", { class: "tally" });
    this.score = make("span", { class: "score", role: "status" });
    this.status = make("div", { class: "status" }, this.pages, this.tally, this.score);
    this.legend = make("p", { class: "legend" });
  }

  load(trace) {
    this.trace = trace;
    this.predict.hidden = Boolean(trace.loops || trace.aside);
    this.reveal.hidden = Boolean(trace.aside);
    this.scrubber.max = trace.count - 1;
    this.drawPages();
    this.drawLegend();
  }

  // One button a filter; grids that show one filter at a time follow the step.
  drawPages() {
    const { planes } = this.trace.gridOf[this.trace.writes];
    const perPage = this.trace.count / planes.length;
    this.pages.hidden = planes.length < 2;
    this.pages.replaceChildren(...planes.map((name, page) =>
      make("button", { type: "button", onclick: () => this.on.jump(page * perPage + (this.on.step() % perPage)) }, name)));
  }

  drawLegend() {
    const grid = this.trace.gridOf[this.trace.left];
    const keys = make("span", { class: "keys" });
    for (const [key, what] of [["←", ""], ["→", ""], ["↑", ""], ["↓", " move"], ["Space", " play"], ["Esc", " release"]]) {
      keys.append(make("kbd", {}, key), what);
    }
    const entry = (cls, text) => make("span", {}, make("i", { class: `swatch ${cls}` }), text);
    this.legend.replaceChildren(
      ...(grid.padding.some(Boolean) ? [entry("padding", `padding: ${this.trace.padding_text}`)] : []),
      ...(grid.unvisited.length ? [entry("unvisited", "never visited by any window")] : []),
      ...(this.trace.editable.length ? [make("span", {}, "Click a number and type to change it.")] : []),
      keys);
  }

  face(name, word) {
    this.play.replaceChildren(icon(name), ` ${word}`);
    this.play.setAttribute("aria-label", word);
    this.play.title = `${word} (space)`;
  }

  facePage(page) {
    [...this.pages.children].forEach((button, i) => button.setAttribute("aria-pressed", String(i === page)));
  }

  setPredict(on) {
    this.predict.setAttribute("aria-pressed", String(on));
    this.play.disabled = this.reveal.disabled = on;
  }

  // `worked`: how many terms are worked out, this step's included.
  show(step, worked, score) {
    const number = (value) => value.toLocaleString("en");
    this.scrubber.value = step;
    put(this.counter, `step ${step + 1} of ${this.trace.count}`);
    this.scrubber.setAttribute("aria-valuetext", this.counter.textContent);
    put(this.tally, this.trace.tally ? `${number(worked)} of ${number(this.trace.first[this.trace.count])} ${this.trace.tally}` : "");
    put(this.score, score);
  }
}
