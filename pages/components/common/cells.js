// What is typed, pasted and shown in cells; shared by the matrix editor, the player and the lens.

const NUMBER = /^[-+−]?(\d+[.,]?\d*|[.,]\d+)(e[-+]?\d+)?(\/[1-9]\d*)?$/i;

// A number as people write it: −0.5, 1/9, 2,5; NaN for anything else.
function readNumber(text) {
  const word = text.trim();
  if (!NUMBER.test(word)) return NaN;
  const [top, bottom] = word.replace("−", "-").replace(",", ".").split("/").map(Number);
  return bottom ? top / bottom : top;
}

// A block from a spreadsheet or a text, as rows of words.
function readBlock(text) {
  return text.trim().replace(/[[\]()]+/g, "\n").split(/[;\n\r]+/)
    .map((line) => line.trim().split(/[\s,]+/).filter(Boolean)).filter((row) => row.length);
}

// −0.0183 as −.018: as many digits as fit a narrow cell of so many letters.
function shorter(text, letters) {
  const number = readNumber(text);
  if (text.length <= letters || Number.isNaN(number)) return text;
  const short = (word) => String(Number(word)).replace("0.", ".");
  const near = [4, 3, 2, 1].map((digits) => short(number.toPrecision(digits)));
  return near.find((word) => word.length <= letters) ?? short(number.toFixed(2));
}
