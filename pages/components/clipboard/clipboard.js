// @ts-check
// Pictures pasted anywhere on the page; the button asks the browser for what lies on the clipboard.

/** @import { ClipboardPayload } from "../payloads.d.ts" */
import { make } from "../common/dom.js";
import { mountView } from "../common/mount.js";

const HINT = "Press Ctrl+V (⌘V on a Mac) instead: the browser keeps its clipboard to itself.";
const MEGABYTE = 1e6;

class Clipboard {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.mostBytes = 0;
    /** @type {(text: string) => void} */
    this.send = () => {};
    this.status = make("p", { role: "status" });
    const attributes = {
      type: "button",
      title: "Ctrl+V works anywhere on this page",
      onclick: () => this.askBrowser(),
    };
    root.append(make("button", attributes, "Paste a picture"), this.status);
    /** @type {(event: ClipboardEvent) => void} */
    this.onPaste = (event) => this.takePasted(event);
    document.addEventListener("paste", this.onPaste);
  }

  unmount() {
    document.removeEventListener("paste", this.onPaste);
  }

  /** @param {Blob} file */
  async take(file) {
    if (file.size > this.mostBytes) {
      const size = Math.round(file.size / MEGABYTE);
      this.status.textContent = `That picture has ${size} MB: at most ${this.mostBytes / MEGABYTE} MB can be read.`;
      return;
    }
    this.status.textContent = "";
    this.send(await encodeFile(file));
  }

  /** @param {ClipboardEvent} event */
  takePasted(event) {
    const file = [...(event.clipboardData?.files ?? [])].find(({ type }) => type.startsWith("image/"));
    if (!file) return; // text goes where the caret is
    event.preventDefault();
    this.take(file);
  }

  async askBrowser() {
    if (typeof navigator.clipboard?.read !== "function") {
      this.status.textContent = HINT;
      return;
    }
    try {
      const picture = await readPicture();
      if (picture) await this.take(picture);
      else this.status.textContent = "There is no picture on the clipboard: copy one first.";
    } catch {
      this.status.textContent = HINT; // the visitor said no, or the browser did
    }
  }
}

/**
 * Return the first picture on the clipboard, null where there is none.
 * @returns {Promise<Blob | null>}
 */
async function readPicture() {
  for (const item of await navigator.clipboard.read()) {
    const type = item.types.find((name) => name.startsWith("image/"));
    if (type) return item.getType(type);
  }
  return null;
}

/**
 * Return a file as base64; the browser's own reader is quicker than a loop over its bytes.
 * @param {Blob} file
 * @returns {Promise<string>}
 */
function encodeFile(file) {
  return new Promise((resolve) => {
    const reader = new FileReader();
    reader.onload = () => {
      const address = String(reader.result);
      resolve(address.slice(address.indexOf(",") + 1));
    };
    reader.readAsDataURL(file);
  });
}

export default mountView(
  ".clipboard",
  (root) => new Clipboard(root),
  (clipboard, /** @type {ClipboardPayload} */ data, send) => {
    clipboard.mostBytes = data.most_bytes;
    clipboard.send = (text) => send("pasted", text);
  },
  (clipboard) => clipboard.unmount(),
);
