// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { Gestures } from "../../pages/components/common/gesture.js";

/** A clock that the test sets. */
function openGestures() {
  const clock = { now: 1_000_000 };
  return { clock, gestures: new Gestures(() => clock.now) };
}

test("keys typed into one cell are one gesture, another cell is another", () => {
  const { clock, gestures } = openGestures();
  const first = gestures.note("1,1");
  clock.now += 1400;
  assert.equal(gestures.note("1,1"), first);
  clock.now += 1400;
  assert.equal(gestures.note("1,1"), first);
  assert.notEqual(gestures.note("1,2"), first);
});

test("a pause ends a gesture, but not while the pointer is held", () => {
  const { clock, gestures } = openGestures();
  const first = gestures.note("sigma");
  clock.now += 1500;
  gestures.hold(true);
  const second = gestures.note("sigma");
  assert.notEqual(second, first);
  clock.now += 60_000;
  assert.equal(gestures.note("sigma"), second);
  gestures.hold(false);
  clock.now += 1500;
  assert.notEqual(gestures.note("sigma"), second);
});

test("numbers are never used again", () => {
  const { clock, gestures } = openGestures();
  const numbers = [gestures.begin("paste"), gestures.begin("paste"), gestures.note("a"), gestures.note("b")];
  assert.equal(new Set(numbers).size, 4);
  clock.now += 10;
  assert.ok(new Gestures(() => clock.now).begin("paste") > Math.max(...numbers));
});
