// @ts-check
// The step and the mode stand in the page's address, so that a copied link shows the same; no server is asked.

/** @typedef {{ step: number, isPredicting: boolean }} LinkState */

const REST_MS = 250; // the address is written when the player rests

/**
 * Return what the address says of the player.
 * @param {string} search the address from its question mark on
 */
export function readLink(search) {
  const link = new URLSearchParams(search);
  const step = Number.parseInt(link.get("step") ?? "1", 10) - 1;
  return { step: Number.isNaN(step) ? 0 : step, isPredicting: link.get("predict") === "1" };
}

/**
 * Return an address with what the player shows; what is as at first is left out.
 * @param {string} href
 * @param {LinkState} state
 */
export function withState(href, { step, isPredicting }) {
  const address = new URL(href);
  /** @type {(name: string, value: string) => void} */
  const set = (name, value) => {
    if (value) address.searchParams.set(name, value);
    else address.searchParams.delete(name);
  };
  set("step", step ? String(step + 1) : "");
  set("predict", isPredicting ? "1" : "");
  return address.href;
}

/** Writes what a player shows into the page's address, a moment after it was shown. */
export class LinkWriter {
  /** @param {Element} root of the player; once it has left the page, nothing is written */
  constructor(root) {
    this.root = root;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
  }

  /** @param {LinkState} state */
  write(state) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      if (!this.root.isConnected) return;
      const address = withState(window.location.href, state);
      if (address !== window.location.href) window.history.replaceState(window.history.state, "", address);
    }, REST_MS);
  }
}
