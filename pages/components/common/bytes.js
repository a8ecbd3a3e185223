// @ts-check
// Bytes as base64, the form in which they travel between Python and the browser.

/**
 * Return the bytes that a base64 text holds.
 * @param {string} text
 * @returns {Uint8Array}
 */
export const decodeBytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

/**
 * Return bytes as base64.
 * @param {Iterable<number>} bytes
 */
export function encodeBytes(bytes) {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}
