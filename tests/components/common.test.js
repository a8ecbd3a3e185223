// @ts-check
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { decodeBytes, encodeBytes } from "../../pages/components/common/bytes.js";
import { pixelUnder } from "../../pages/components/common/canvas.js";
import { closest, draw, find, findAll, make, writeText } from "../../pages/components/common/dom.js";
import { mountView } from "../../pages/components/common/mount.js";
import { clamp, range, withMinus } from "../../pages/components/common/numbers.js";
import { colourOf, describeByte, inkOn, layBox, shareOf } from "../../pages/components/common/paint.js";
import { PacedSender } from "../../pages/components/common/send.js";
import { openDocument } from "./helpers.js";

/** @type {HTMLElement} */
let root;
beforeEach(() => {
  root = openDocument();
});

// ---- elements -------------------------------------------------------------------------------------------------------

test("an attribute is a value, a flag, left out, or a listener", () => {
  let clicks = 0;
  const onclick = () => clicks++;
  const button = make(
    "button",
    { type: "button", hidden: true, title: null, class: false, tabindex: 0, onclick },
    "Go",
  );
  assert.deepEqual([...button.getAttributeNames()].sort(), ["hidden", "tabindex", "type"]);
  assert.deepEqual([button.getAttribute("hidden"), button.getAttribute("tabindex")], ["", "0"]);
  button.click();
  assert.equal(clicks, 1);
});

test("children are elements, words and numbers; null is left out", () => {
  assert.equal(make("p", {}, "a", null, 3, make("b", {}, "c")).innerHTML, "a3<b>c</b>");
});

test("drawings are elements of SVG", () => {
  const svg = draw("svg", { width: 4 }, draw("path", { d: "M0 0" }));
  assert.equal(svg.querySelector("path")?.namespaceURI, "http://www.w3.org/2000/svg");
});

test("what is not there is named", () => {
  root.append(make("i", { class: "a" }), make("i", { class: "a" }));
  assert.equal(findAll(root, ".a").length, 2);
  assert.equal(find(root, "i"), findAll(root, ".a")[0]);
  assert.throws(() => find(root, ".b"), /There is no \.b\./);
});

test("the nearest element is that around the target", () => {
  const inner = make("b");
  const outer = make("button", {}, inner);
  const event = /** @type {any} */ ({ target: inner });
  assert.equal(closest(event, "button"), outer);
  assert.equal(closest(event, ".none"), null);
  assert.equal(closest(/** @type {any} */ ({ target: globalThis.document }), "button"), null);
});

test("a text that stands there is not written again", () => {
  const element = make("p", {}, "same");
  const node = element.firstChild;
  writeText(element, "same");
  assert.equal(element.firstChild, node);
  writeText(element, "other");
  assert.equal(element.textContent, "other");
});

// ---- mounting -------------------------------------------------------------------------------------------------------

test("a view is made once for an element and lives until it is unmounted", () => {
  /** @type {string[]} */
  const log = [];
  /** @type {[string, unknown][]} */
  const sent = [];
  const component = mountView(
    "i",
    (element, /** @type {string} */ data) => ({ element, first: data }),
    (view, data, send) => {
      log.push(`${view.first} ${data}`);
      send("name", data);
    },
    (view) => log.push(`end ${view.first}`),
  );
  root.append(make("i"));
  /** @param {string} data */
  const mount = (data) =>
    component({ parentElement: root, data, setTriggerValue: (name, value) => sent.push([name, value]) });
  mount("a");
  const unmount = mount("b");
  unmount();
  mount("c");
  assert.deepEqual(log, ["a a", "a b", "end a", "c c"]);
  assert.deepEqual(sent, [
    ["name", "a"],
    ["name", "b"],
    ["name", "c"],
  ]);
});

// ---- sending --------------------------------------------------------------------------------------------------------

test("one message is on its way at a time, what is asked meanwhile is sent as one", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  let sent = 0;
  const sender = new PacedSender(() => sent++);
  sender.request();
  sender.request();
  sender.request();
  assert.equal(sent, 1);
  sender.noteAnswer();
  assert.equal(sent, 2);
  sender.noteAnswer();
  assert.equal(sent, 2);
});

test("an answer that never comes stops nothing", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  let sent = 0;
  const sender = new PacedSender(() => sent++);
  sender.request();
  sender.request();
  context.mock.timers.tick(1499);
  assert.equal(sent, 1);
  context.mock.timers.tick(1);
  assert.equal(sent, 2);
});

test("what waits can be dropped", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  let sent = 0;
  const sender = new PacedSender(() => sent++);
  sender.request();
  sender.request();
  sender.drop();
  sender.noteAnswer();
  assert.equal(sent, 1);
});

// ---- numbers, bytes and colours -------------------------------------------------------------------------------------

test("ranges, limits and minus signs", () => {
  assert.deepEqual(range(3), [0, 1, 2]);
  assert.deepEqual(
    [-1, 1, 9].map((value) => clamp(value, 0, 5)),
    [0, 1, 5],
  );
  assert.equal(withMinus(-0.5), "−0.5");
});

test("bytes survive base64", () => {
  const bytes = Uint8Array.from(range(256));
  assert.deepEqual(decodeBytes(encodeBytes(bytes)), bytes);
  assert.equal(encodeBytes([104, 105]), btoa("hi"));
});

test("a byte is a share of its scale, 0 no number", () => {
  assert.deepEqual([1, 128, 255, 0].map(shareOf), [-1, 0, 1, 0]);
  assert.equal(describeByte(0, 1), "not a number");
  assert.equal(describeByte(255, 12.7), "≈ 12.7");
  assert.equal(describeByte(1, 127), "≈ −127");
});

test("a colour is looked up in the palette, its ink is what is read on it", () => {
  const palette = new Uint8Array(255 * 3).fill(255, 128 * 3); // black below 0 and at it, white above
  assert.equal(colourOf(-1, palette), "rgb(0,0,0)");
  assert.equal(colourOf(2, palette), "rgb(255,255,255)");
  assert.deepEqual(
    [-1, 1].map((share) => inkOn(share, palette)),
    ["#fff", "#000"],
  );
});

test("a box is laid by shares of the picture", () => {
  const element = make("i");
  layBox(element, [1, 3, 0, 4], [4, 8]);
  const shares = ["--top", "--left", "--height", "--width"].map((name) => element.style.getPropertyValue(name));
  assert.deepEqual(shares, ["25%", "0%", "50%", "50%"]);
});

test("the pixel under the pointer is inside the canvas", () => {
  const box = { left: 10, top: 20, width: 40, height: 80 };
  const canvas = /** @type {any} */ ({ width: 4, height: 8, getBoundingClientRect: () => box });
  /** @type {(x: number, y: number) => number[]} */
  const pixel = (clientX, clientY) => pixelUnder(/** @type {any} */ ({ clientX, clientY }), canvas);
  assert.deepEqual(pixel(25, 55), [3, 1]);
  assert.deepEqual(pixel(0, 500), [7, 0]);
});
