// Tetris as it is learned: the board, the piece with the places it may go to, and the pieces that come next. Draws only.

import { number, spaced } from "./words.js";

const COLOURS = ["#000000", "#1fb6d1", "#4d7cff", "#f08c1a", "#d9b400", "#35b34a", "#b04cf0", "#ef4458"]; // by piece, 1 to 7
const SHAPES = [[], [15], [1, 7], [4, 7], [3, 3], [6, 3], [2, 7], [3, 6]]; // IJLOSTZ: rows of bits, the lowest last
const PANEL = 4.6; // cells beside the board for the next pieces
const [WIDEST, HIGHEST] = [20, 40];

export function aspectOf({ columns, visible }) {
  return isFine(columns, visible) ? (columns + PANEL) / visible : 0.7;
}

export function drawTetris({ context, height }, picture, colours) {
  const { columns, visible } = picture;
  if (!isFine(columns, visible)) return;
  const side = height / visible;
  context.fillStyle = colours.of("floor");
  context.fillRect(0, 0, columns * side, height);
  context.strokeStyle = colours.of("grid");
  context.lineWidth = 1;
  for (let x = 1; x < columns; x++) line(context, x * side, 0, x * side, height);
  for (let y = 1; y < visible; y++) line(context, 0, y * side, columns * side, y * side);
  (picture.rows ?? []).slice(0, visible).forEach((bits, row) => {
    for (let column = 0; column < columns; column++) {
      if ((bits >> column) & 1) block(context, column * side, height - (row + 1) * side, side, colours.of("stack"), 1);
    }
  });
  drawPlacements(context, side, height, picture, colours);
  context.strokeStyle = colours.of("wall");
  context.lineWidth = 2;
  context.strokeRect(1, 1, columns * side - 2, height - 2);
  drawNext(context, side, picture, colours);
}

/** Return the picture in a sentence. */
export function tellTetris(picture) {
  const next = (picture.next ?? []).map((piece) => " IJLOSTZ"[piece] ?? "").join(", ");
  return `Tetris, ${number(picture.lines)} lines after ${number(picture.pieces)} pieces; next: ${next || "none"}.`;
}

export function captionTetris(picture) {
  const parts = [`${number(picture.lines)} lines after ${number(picture.pieces)} pieces`];
  if (picture.generation !== undefined) parts.push(`generation ${number(picture.generation)}`);
  const heaviest = Object.entries(picture.weights ?? {}).sort((a, b) => Math.abs(b[1]) - Math.abs(a[1]))[0];
  if (heaviest && heaviest[1]) parts.push(`weighs most: ${spaced(heaviest[0])}`);
  return parts.join(" · ");
}

/** The best place in full, the others fainter the worse they are. */
function drawPlacements(context, side, height, picture, colours) {
  const placements = (picture.placements ?? []).slice(0, 8);
  const colour = COLOURS[picture.piece] ?? colours.of("agent");
  [...placements].reverse().forEach(({ cells }, at) => {
    const rank = placements.length - 1 - at;
    for (const [column, row] of cells ?? []) {
      const [x, y] = [column * side, height - (row + 1) * side];
      if (rank === 0) block(context, x, y, side, colour, 0.9);
      else {
        context.globalAlpha = 0.5 / rank + 0.15;
        context.strokeStyle = colour;
        context.lineWidth = Math.max(1.2, 0.08 * side);
        context.setLineDash([0.18 * side, 0.12 * side]);
        context.strokeRect(x + 0.12 * side, y + 0.12 * side, 0.76 * side, 0.76 * side);
        context.setLineDash([]);
        context.globalAlpha = 1;
      }
    }
  });
}

function drawNext(context, side, picture, colours) {
  const left = (picture.columns + 0.8) * side;
  context.fillStyle = colours.of("soft");
  context.font = `600 ${Math.round(0.75 * side)}px ui-sans-serif, system-ui, sans-serif`;
  context.textAlign = "left";
  context.textBaseline = "top";
  context.fillText("Next", left, 0.2 * side);
  (picture.next ?? []).slice(0, 6).forEach((piece, at) => {
    (SHAPES[piece] ?? []).forEach((bits, row) => {
      for (let column = 0; column < 4; column++) {
        if ((bits >> column) & 1) {
          block(context, left + 0.85 * column * side, (1.5 + 2.7 * at + 0.85 * row) * side, 0.85 * side, COLOURS[piece], 1);
        }
      }
    });
  });
}

function block(context, x, y, side, colour, share) {
  context.globalAlpha = share;
  context.fillStyle = colour;
  context.fillRect(x + 0.04 * side, y + 0.04 * side, 0.92 * side, 0.92 * side);
  context.globalAlpha = 1;
}

function line(context, fromX, fromY, toX, toY) {
  context.beginPath();
  context.moveTo(fromX, fromY);
  context.lineTo(toX, toY);
  context.stroke();
}

function isFine(columns, visible) {
  return Number.isInteger(columns) && columns > 0 && columns <= WIDEST && Number.isInteger(visible) && visible > 0 && visible <= HIGHEST;
}
