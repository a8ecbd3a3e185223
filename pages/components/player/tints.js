// @ts-check
// The colours of the player's terms.

/**
 * Return a hue of its own for each of `count` weights, light enough (or dark enough) to read text on.
 * @param {number} index
 * @param {number} count
 * @param {boolean} isDark
 */
export function tintOf(index, count, isDark) {
  const hue = Math.round((index * 360) / count + 20) % 360;
  return isDark ? `hsl(${hue} 38% 24%)` : `hsl(${hue} 72% 87%)`;
}

/**
 * Return whether an element stands on a dark page: its text is light then.
 * @param {Element} element
 */
export function isOnDark(element) {
  const [red, green, blue] = (getComputedStyle(element).color.match(/[\d.]+/g) ?? []).map(Number);
  return 0.299 * red + 0.587 * green + 0.114 * blue > 128;
}
