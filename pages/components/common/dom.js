// @ts-check
// Elements of the page: built, found, and asked what an event happened on.

const SVG = "http://www.w3.org/2000/svg";

/** @typedef {string | number | boolean | null | undefined | ((event: any) => unknown)} Attribute */
/** @typedef {Node | string | number | null} Child */

/**
 * Set attributes and append children. An attribute that is false, null or undefined is left out, true gives it without
 * a value, and a function (`onclick`) becomes the element's listener. A child that is null is left out.
 * @template {Element} E
 * @param {E} element
 * @param {Record<string, Attribute>} attributes
 * @param {Child[]} children
 * @returns {E}
 */
function furnish(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") Object.assign(element, { [name]: value });
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, String(value));
  }
  for (const child of children) {
    if (child !== null) element.append(child instanceof Node ? child : String(child));
  }
  return element;
}

/**
 * Build an HTML element; see `furnish` for what attributes and children may be.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, Attribute>} [attributes]
 * @param {Child[]} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function make(tag, attributes = {}, ...children) {
  return furnish(document.createElement(tag), attributes, children);
}

/**
 * Build an SVG element; see `furnish` for what attributes and children may be.
 * @template {keyof SVGElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, Attribute>} [attributes]
 * @param {Child[]} children
 * @returns {SVGElementTagNameMap[Tag]}
 */
export function draw(tag, attributes = {}, ...children) {
  return furnish(document.createElementNS(SVG, tag), attributes, children);
}

/**
 * Find the one element that a selector names; throws where there is none.
 * @template {string} Selector
 * @param {ParentNode} root
 * @param {Selector} selector
 * @returns {Selector extends keyof HTMLElementTagNameMap ? HTMLElementTagNameMap[Selector] : HTMLElement}
 */
export function find(root, selector) {
  const element = root.querySelector(selector);
  if (!element) throw new Error(`There is no ${selector}.`);
  return /** @type {any} */ (element);
}

/**
 * Find every element that a selector names, in document order.
 * @template {string} Selector
 * @param {ParentNode} root
 * @param {Selector} selector
 * @returns {(Selector extends keyof HTMLElementTagNameMap ? HTMLElementTagNameMap[Selector] : HTMLElement)[]}
 */
export function findAll(root, selector) {
  return /** @type {any} */ ([...root.querySelectorAll(selector)]);
}

/**
 * Find the nearest element around an event's target that matches a selector; null for none.
 * @template {string} Selector
 * @param {Event} event
 * @param {Selector} selector
 * @returns {(Selector extends keyof HTMLElementTagNameMap ? HTMLElementTagNameMap[Selector] : HTMLElement) | null}
 */
export function closest(event, selector) {
  const target = /** @type {Partial<Element> | null} */ (event.target);
  return /** @type {any} */ (target?.closest?.(selector) ?? null); // the target may be the document, which has none
}

/**
 * Return the element that has the focus, in the shadow root that a component stands in.
 * @param {Element} element
 * @returns {HTMLElement | null}
 */
export function focusedBeside(element) {
  const root = /** @type {Document | ShadowRoot} */ (element.getRootNode());
  return /** @type {HTMLElement | null} */ (root.activeElement);
}

/**
 * Write a text into an element, unless it stands there: a text that stays what it was costs no layout.
 * @param {Element} element
 * @param {string} text
 */
export function writeText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
