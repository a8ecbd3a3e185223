// Bytes to colours. A byte b stands for (b − 128) / 127 of its map's scale; 0 for what is no number.

const STEPS = 127;
const unpack = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

// Draw rows × columns bytes from `offset`; `share` is the map's scale as a share of the one it is drawn on.
function paint(canvas, bytes, offset, [rows, columns], share, palette) {
  if (canvas.width !== columns || canvas.height !== rows) [canvas.width, canvas.height] = [columns, rows];
  const context = canvas.getContext("2d");
  const picture = context.createImageData(columns, rows);
  const { data } = picture;
  for (let i = 0; i < rows * columns; i++) {
    const byte = bytes[offset + i];
    if (byte === 0) {
      // not a number: a chequered grey that no value has
      data.fill((Math.floor(i / columns) + i) % 2 ? 90 : 150, i * 4, i * 4 + 3);
    } else {
      const at = (Math.round((byte - 128) * share) + STEPS) * 3;
      data[i * 4] = palette[at];
      data[i * 4 + 1] = palette[at + 1];
      data[i * 4 + 2] = palette[at + 2];
    }
    data[i * 4 + 3] = 255;
  }
  context.putImageData(picture, 0, 0);
}

function paintPicture(canvas, text, [rows, columns]) {
  const bytes = unpack(text);
  [canvas.width, canvas.height] = [columns, rows];
  const context = canvas.getContext("2d");
  const picture = context.createImageData(columns, rows);
  for (let i = 0; i < rows * columns; i++) {
    picture.data.set(bytes.subarray(i * 3, i * 3 + 3), i * 4);
    picture.data[i * 4 + 3] = 255;
  }
  context.putImageData(picture, 0, 0);
}

const colour = (share, palette) => {
  const at = (Math.round(Math.max(-1, Math.min(1, share)) * STEPS) + STEPS) * 3;
  return `rgb(${palette[at]},${palette[at + 1]},${palette[at + 2]})`;
};

// Black or white, whichever is read better on a colour of the palette.
const inkOn = (share, palette) => {
  const at = (Math.round(Math.max(-1, Math.min(1, share)) * STEPS) + STEPS) * 3;
  return 0.299 * palette[at] + 0.587 * palette[at + 1] + 0.114 * palette[at + 2] > 140 ? "#000" : "#fff";
};

// A value with no more digits than its byte is sure of.
function near(byte, limit) {
  if (byte === 0) return "not a number";
  const value = ((byte - 128) / STEPS) * limit;
  const digits = Math.max(0, Math.min(8, Math.floor(-Math.log10(limit / STEPS))));
  return `≈ ${value.toFixed(digits).replace("-", "−")}`;
}

// The pixel of a canvas under the pointer: row, then column, of what is drawn.
function under(event, canvas) {
  const box = canvas.getBoundingClientRect();
  const at = (share, count) => Math.max(0, Math.min(count - 1, Math.floor(share * count)));
  return [at((event.clientY - box.top) / box.height, canvas.height), at((event.clientX - box.left) / box.width, canvas.width)];
}

// Lay a box of rows and columns over a picture of this size, in per cent.
function lay(element, [top, bottom, left, right], [rows, columns]) {
  const put = (name, value) => element.style.setProperty(name, `${value * 100}%`);
  put("--top", top / rows);
  put("--left", left / columns);
  put("--height", (bottom - top) / rows);
  put("--width", (right - left) / columns);
}
