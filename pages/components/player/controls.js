// @ts-check
// The controls: play, step, scrub, speed, predict; which filter is shown; what is counted; the legend.

/** @import { PlayedTrace } from "./trace.js" */
import { draw, findAll, make, writeText } from "../common/dom.js";

const ICONS = {
  first: "M3 3h2v10H3zM13 3v10L6 8z",
  back: "M12 3v10L5 8z",
  play: "M4 2.5v11l9-5.5z",
  pause: "M4 3h3v10H4zM9 3h3v10H9z",
  forward: "M4 3v10l7-5z",
  last: "M11 3h2v10h-2zM3 3v10l7-5z",
};
const SPEEDS = [0.25, 0.5, 1, 2, 4, 8]; // times the usual pace
const KEYS = [
  ["←", ""],
  ["→", ""],
  ["↑", ""],
  ["↓", " move"],
  ["Space", " play"],
  ["Esc", " release"],
];

/**
 * @typedef {object} ControlActions what the controls do to the player
 * @property {() => void} toggle plays or pauses
 * @property {(step: number) => void} jump
 * @property {(by: number) => void} advance
 * @property {() => void} changeSpeed
 * @property {() => void} reveal
 * @property {() => void} predict
 * @property {() => number} step which is shown
 */

/** @param {keyof typeof ICONS} name */
const drawIcon = (name) =>
  draw("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" }, draw("path", { d: ICONS[name] }));

/** @type {(label: string, face: Node | string, onclick: () => void) => HTMLButtonElement} */
const buildButton = (label, face, onclick) =>
  make("button", { type: "button", "aria-label": label, title: label, onclick }, face);

/** @param {number} count */
const withCommas = (count) => count.toLocaleString("en");

export class Controls {
  /**
   * @param {PlayedTrace} trace
   * @param {ControlActions} on
   */
  constructor(trace, on) {
    this.trace = trace;
    this.on = on;
    this.play = buildButton("Play", "", on.toggle);
    this.play.className = "main";
    this.scrubber = make("input", { type: "range", min: 0, step: 1, "aria-label": "Step" });
    this.scrubber.oninput = () => on.jump(Number(this.scrubber.value));
    this.counter = make("span", { class: "counter" });
    const speeds = SPEEDS.map((speed) => make("option", { value: speed, selected: speed === 1 }, `${speed}×`));
    this.speed = make("select", { "aria-label": "Speed", onchange: on.changeSpeed }, ...speeds);
    this.reveal = buildButton("Uncover every output", "Show all", on.reveal);
    this.predict = make("button", { type: "button", class: "toggle", "aria-pressed": "false" }, "Predict");
    this.predict.title = "Work each output out before you see it";
    this.predict.onclick = on.predict;
    this.transport = this.buildTransport();
    this.pages = make("div", { class: "pages", role: "group", "aria-label": "Filter shown", hidden: true });
    this.tally = make("span", { class: "tally" });
    this.score = make("span", { class: "score", role: "status" });
    this.status = make("div", { class: "status" }, this.pages, this.tally, this.score);
    this.legend = make("p", { class: "legend" });
    this.showPlaying(false);
  }

  buildTransport() {
    return make(
      "div",
      { class: "transport", role: "group", "aria-label": "Player controls" },
      buildButton("First step", drawIcon("first"), () => this.on.jump(0)),
      buildButton("Step back", drawIcon("back"), () => this.on.advance(-1)),
      this.play,
      buildButton("Step forward", drawIcon("forward"), () => this.on.advance(1)),
      buildButton("Last step", drawIcon("last"), () => this.on.jump(Infinity)),
      this.scrubber,
      this.counter,
      this.speed,
      this.reveal,
      this.predict,
    );
  }

  /** @param {PlayedTrace} trace */
  load(trace) {
    this.trace = trace;
    this.predict.hidden = Boolean(trace.data.loops) || trace.isAside;
    this.reveal.hidden = trace.isAside;
    this.scrubber.max = String(trace.count - 1);
    this.buildPages();
    this.buildLegend();
  }

  /** Build one button for each filter; grids that show one filter at a time follow the step. */
  buildPages() {
    const { planes } = this.trace.gridOf[this.trace.writes];
    const perPage = this.trace.count / planes.length;
    const buttons = planes.map((name, page) => {
      const onclick = () => this.on.jump(page * perPage + (this.on.step() % perPage));
      return make("button", { type: "button", onclick }, name);
    });
    this.pages.hidden = planes.length < 2;
    this.pages.replaceChildren(...buttons);
  }

  buildLegend() {
    const { gridOf, left, editable, data } = this.trace;
    const { padding, unvisited } = gridOf[left];
    /** @type {(kind: string, text: string) => HTMLElement} */
    const entry = (kind, text) => make("span", {}, make("i", { class: `swatch ${kind}` }), text);
    const keys = KEYS.flatMap(([key, action]) => [make("kbd", {}, key), action]);
    this.legend.replaceChildren(
      ...(padding.some(Boolean) ? [entry("padding", `padding: ${data.padding_text}`)] : []),
      ...(unvisited.length ? [entry("unvisited", "never visited by any window")] : []),
      ...(editable.length ? [make("span", {}, "Click a number and type to change it.")] : []),
      make("span", { class: "keys" }, ...keys),
    );
  }

  /** @param {boolean} isPlaying */
  showPlaying(isPlaying) {
    const word = isPlaying ? "Pause" : "Play";
    this.play.replaceChildren(drawIcon(isPlaying ? "pause" : "play"), ` ${word}`);
    this.play.setAttribute("aria-label", word);
    this.play.title = `${word} (space)`;
  }

  /** @param {number} page of the filter that is shown */
  showPage(page) {
    findAll(this.pages, "button").forEach((button, i) => button.setAttribute("aria-pressed", String(i === page)));
  }

  /** @param {boolean} isOn */
  showPredicting(isOn) {
    this.predict.setAttribute("aria-pressed", String(isOn));
    this.play.disabled = this.reveal.disabled = isOn;
  }

  /**
   * Show where the player is.
   * @param {number} step
   * @param {number} worked terms that are worked out, this step's included
   * @param {string} score
   */
  show(step, worked, score) {
    const { count, data } = this.trace;
    const tally = `${withCommas(worked)} of ${withCommas(this.trace.termsBefore(count))} ${data.tally}`;
    const counter = `step ${step + 1} of ${count}`;
    this.scrubber.value = String(step);
    this.scrubber.setAttribute("aria-valuetext", counter);
    writeText(this.counter, counter);
    writeText(this.tally, data.tally ? tally : "");
    writeText(this.score, score);
  }
}
