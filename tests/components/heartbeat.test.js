// @ts-check
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import heartbeat from "../../pages/components/heartbeat/heartbeat.js";
import { make } from "../../pages/components/common/dom.js";
import { openDocument } from "./helpers.js";

/** @type {Record<string, ((event: any) => void)[]>} */
let listeners = {};
/** @type {{ beats: number[], root: HTMLElement }} */
let page;

beforeEach(() => {
  const root = openDocument();
  root.append(make("span", { class: "heartbeat" }));
  page = { beats: [], root };
  listeners = { click: [], popstate: [] };
  Object.assign(globalThis, {
    window: {
      location: { pathname: "/train" },
      addEventListener: (/** @type {string} */ name, /** @type {any} */ listener) => listeners[name].push(listener),
      removeEventListener: (/** @type {string} */ name, /** @type {any} */ listener) => {
        listeners[name] = listeners[name].filter((one) => one !== listener);
      },
    },
  });
});

/** @param {number} number of the drawing */
const draw = (number) =>
  heartbeat({
    parentElement: page.root,
    data: { number, seconds: 0.5 },
    setTriggerValue: (_, value) => page.beats.push(/** @type {number} */ (value)),
  });

/**
 * Click on a link, as the listeners on the window hear of it.
 * @param {Record<string, unknown>} link
 * @param {Record<string, unknown>} [keys]
 */
function click(link, keys = {}) {
  const anchor = Object.assign(make("a"), link);
  for (const listener of listeners.click) listener({ composedPath: () => [anchor, globalThis.window], ...keys });
}

test("it asks once after each drawing, and again when no answer comes for long", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  draw(1);
  context.mock.timers.tick(500);
  assert.deepEqual(page.beats, [1]);
  draw(2);
  context.mock.timers.tick(4999);
  assert.deepEqual(page.beats, [1, 2]);
  context.mock.timers.tick(1);
  assert.deepEqual(page.beats, [1, 2, 2]);
});

test("listeners are there while it is mounted, once", () => {
  const unmount = draw(1);
  draw(2);
  assert.deepEqual([listeners.click.length, listeners.popstate.length], [1, 1]);
  unmount();
  assert.deepEqual([listeners.click.length, listeners.popstate.length], [0, 0]);
});

test("once it is unmounted it asks no more", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  draw(1)();
  context.mock.timers.tick(100000);
  assert.deepEqual(page.beats, []);
});

test("after the click on another page's link it is silent until it is mounted again", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  const unmount = draw(1);
  click({ pathname: "/data", target: "" });
  draw(2); // an answer that was on its way
  context.mock.timers.tick(20000);
  assert.deepEqual(page.beats, []);
  unmount();
  draw(3);
  context.mock.timers.tick(500);
  assert.deepEqual(page.beats, [3]);
});

test("a link to this page, to a new tab, or opened in one leaves it beating", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  draw(1);
  click({ pathname: "/train", target: "" });
  click({ pathname: "/data", target: "_blank" });
  click({ pathname: "/data", target: "" }, { ctrlKey: true });
  context.mock.timers.tick(500);
  assert.deepEqual(page.beats, [1]);
});

test("going back to another page silences it too", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  draw(1);
  for (const listener of listeners.popstate) listener({});
  globalThis.window.location.pathname = "/data";
  context.mock.timers.tick(400);
  for (const listener of listeners.popstate) listener({});
  context.mock.timers.tick(100);
  assert.deepEqual(page.beats, []);
});
