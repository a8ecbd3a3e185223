// @ts-check
// What the tests of components share: fixtures that Python wrote, and a document where there is no browser.

import { readFileSync } from "node:fs";

import { parseHTML } from "linkedom";

/**
 * Return the fixture that tests/components/write_fixtures.py writes under this name.
 * @param {string} name
 * @returns {any}
 */
export function readFixture(name) {
  return JSON.parse(readFileSync(new URL(`fixtures/${name}.json`, import.meta.url), "utf8"));
}

/**
 * Make a document the global one, with the classes that components ask for; returns an element to build in.
 * @returns {HTMLElement}
 */
export function openDocument() {
  const { window } = parseHTML("<!doctype html><html><body><div id='root'></div></body></html>");
  const names = ["document", "Node", "HTMLElement", "HTMLInputElement", "HTMLAnchorElement", "Event"];
  for (const name of names) Object.assign(globalThis, { [name]: Reflect.get(window, name) });
  return /** @type {HTMLElement} */ (window.document.querySelector("#root"));
}
