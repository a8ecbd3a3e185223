// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import {
  lettersPerCell,
  readBlock,
  readCell,
  readNumber,
  shortenNumber,
  tintStrength,
} from "../../pages/components/common/cells.js";
import { readFixture } from "./helpers.js";

const { numbers, blocks } = readFixture("cells");

for (const [word, number] of numbers) {
  test(`the cell “${word}” is read as Python reads it`, () => {
    const read = readCell(word);
    assert.equal(Number.isNaN(read) ? null : read, number);
  });
}

for (const [text, rows] of blocks) {
  test(`the block ${JSON.stringify(text)} has Python's words`, () => assert.deepEqual(readBlock(text), rows));
}

test("an answer may be larger than a cell", () => {
  assert.equal(readNumber("2000000"), 2e6);
  assert.equal(readCell("2000000"), NaN);
});

test("a number is shortened until it fits", () => {
  assert.equal(shortenNumber("-0.0183", 5), "-.018");
  assert.equal(shortenNumber("0.111111", 4), ".111");
  assert.equal(shortenNumber("12", 4), "12");
  assert.equal(shortenNumber("123456.789", 4), "123456.79");
  assert.equal(shortenNumber("a word", 4), "a word");
});

test("narrow cells have room for fewer letters", () => {
  assert.deepEqual([3, 4, 9, 10].map(lettersPerCell), [6, 5, 5, 4]);
});

test("the largest weight tints most, a quarter of it half as much", () => {
  assert.deepEqual(
    [-8, 2, 0].map((weight) => tintStrength(weight, 8)),
    ["40%", "20%", "0%"],
  );
});
