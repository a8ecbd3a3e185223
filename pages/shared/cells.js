// What is typed or pasted into cells; shared by the matrix editor and the player.

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
