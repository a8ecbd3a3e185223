// @ts-check
// A radio group of pictures: arrow keys move the choice, as in any radio group.

/** @import { ThumbnailsPayload, ThumbnailPicture } from "../payloads.d.ts" */
import { closest, findAll, find, make, writeText } from "../common/dom.js";
import { ARROWS } from "../common/keys.js";
import { mountView } from "../common/mount.js";

class Thumbnails {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    /** @type {HTMLElement[]} */
    this.buttons = [];
    /** @type {(value: string | undefined) => void} */
    this.send = () => {};
    root.onclick = (event) => {
      const button = closest(event, "button");
      if (button) this.choose(button);
    };
    root.onkeydown = (event) => this.onKey(event);
  }

  /** @param {ThumbnailsPayload} data */
  load({ label, large, pictures, chosen }) {
    this.root.setAttribute("aria-label", label);
    this.root.classList.toggle("large", large);
    const same = pictures.map(({ value }) => value).join() === this.buttons.map((one) => one.dataset.value).join();
    if (!same) {
      this.root.replaceChildren(...pictures.map(buildButton));
      this.buttons = findAll(this.root, "button");
    }
    pictures.forEach((picture, i) => showPicture(this.buttons[i], picture));
    this.mark(chosen);
  }

  /** @param {string | undefined} chosen */
  mark(chosen) {
    const known = this.buttons.some((button) => button.dataset.value === chosen);
    this.buttons.forEach((button, i) => {
      const marked = button.dataset.value === chosen;
      button.setAttribute("aria-checked", String(marked));
      button.tabIndex = marked || (!known && i === 0) ? 0 : -1;
    });
  }

  /** @param {HTMLElement} button */
  choose(button) {
    this.mark(button.dataset.value); // seen at once; Python answers with the picture
    button.focus();
    this.send(button.dataset.value);
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    const arrow = ARROWS[event.key];
    const button = closest(event, "button");
    if (!arrow || !button) return;
    event.preventDefault();
    const count = this.buttons.length;
    this.choose(this.buttons[(this.buttons.indexOf(button) + arrow[0] + arrow[1] + count) % count]);
  }
}

/** @param {ThumbnailPicture} picture */
function buildButton({ value }) {
  const parts = [make("img", { alt: "" }), make("span")];
  return make("button", { type: "button", role: "radio", "data-value": value }, ...parts);
}

/**
 * @param {HTMLElement} button
 * @param {ThumbnailPicture} picture
 */
function showPicture(button, { title, alt, source }) {
  const image = find(button, "img");
  if (image.src !== source) image.src = source;
  writeText(find(button, "span"), title);
  button.title = alt;
  button.setAttribute("aria-label", title);
}

export default mountView(
  ".thumbnails",
  (root) => new Thumbnails(root),
  (thumbnails, /** @type {ThumbnailsPayload} */ data, send) => {
    thumbnails.send = (value) => send("chosen", value);
    thumbnails.load(data);
  },
);
