// @ts-check
// What keys do in the player: they walk through the steps, and in a grid that can be edited from cell to cell.

/** @import { Player } from "./player.js" */
import { closest, findAll } from "../common/dom.js";
import { ARROWS } from "../common/keys.js";

/**
 * Do what a key says, unless it is meant for a field, a button or the browser.
 * @param {Player} player
 * @param {KeyboardEvent} event
 */
export function handleKey(player, event) {
  if (closest(event, "input, select") || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === " " && (closest(event, "button") || player.prediction.isOn)) return;
  if (editByKey(player, event) || moveByKey(player, event.key)) event.preventDefault();
}

/** @type {(player: Player, key: string) => boolean} whether the key moved the player */
function moveByKey(player, key) {
  const arrow = ARROWS[key];
  if (arrow) player.moveBy(...arrow);
  else if (key === "Home") player.jump(0);
  else if (key === "End") player.jump(player.trace.count - 1);
  else if (key === " ") player.playback.toggle();
  else if (key === "Escape") player.release();
  else return false;
  return true;
}

/** @type {(player: Player, event: KeyboardEvent) => boolean} whether the key chose a cell to edit, or opened it */
function editByKey(player, event) {
  const { editing, trace } = player;
  const plane = closest(event, ".plane");
  const grid = plane?.dataset.grid;
  if (!plane || !grid || !trace.editable.includes(grid)) return false;
  const at = player.hover?.grid === grid ? player.hover : null;
  const arrow = ARROWS[event.key];
  if (arrow) {
    player.pin(at ? (editing.neighbourOf(at, ...arrow) ?? at) : firstEditable(player, plane, grid));
    return true;
  }
  const text = textOpenedBy(event.key);
  if (!at || !player.isPinned || text === undefined) return false;
  editing.open(at, text);
  return true;
}

/**
 * Return the text that a key opens a cell with: null for what stands in it, undefined for a key that opens none.
 * @param {string} key
 */
function textOpenedBy(key) {
  if (/^[-+−.\d]$/.test(key)) return key;
  if (key === "Enter" || key === "F2") return null;
  return key === "Delete" || key === "Backspace" ? "" : undefined;
}

/** @type {(player: Player, plane: HTMLElement, grid: string) => { grid: string, index: number }} */
function firstEditable({ editing }, plane, grid) {
  const cells = findAll(plane, ".cell").map((cell) => ({ grid, index: Number(cell.dataset.index) }));
  return cells.find((cell) => editing.canEdit(cell)) ?? cells[0];
}
