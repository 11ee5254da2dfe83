// Any other game by its own shapes: those of rollback/games/drawing.py, in a unit square. Knows no game.

import { number } from "./words.js";

const PLACES = { rect: 4, circle: 3, line: 5, text: 3 }; // how many numbers follow the kind
const MOST = 5000;
const CLEAR = 1; // CSS pixels between a text and an edge
const ASPECT = 1.6; // width over height, where a picture does not say

export function aspectOf({ aspect }) {
  return aspect > 0.2 && aspect < 5 ? aspect : ASPECT;
}

export function drawShapes({ context, width, height }, picture) {
  context.fillStyle = "#10121a";
  context.fillRect(0, 0, width, height);
  for (const shape of (Array.isArray(picture.primitives) ? picture.primitives : []).slice(0, MOST)) {
    const count = Array.isArray(shape) && Object.hasOwn(PLACES, shape[0]) ? PLACES[shape[0]] : 0;
    if (!count || !shape.slice(1, count + 1).every(Number.isFinite)) continue; // a game of the user may say anything
    context.fillStyle = context.strokeStyle = "white"; // what it stays if the colour is none
    DRAW[shape[0]](context, shape.slice(1), width, height);
  }
}

export function tellShapes(picture) {
  return `${pointsOf(picture) ? `Points ${pointsOf(picture)}` : "The game as it stands"}.`;
}

export function captionShapes(picture) {
  const parts = [];
  if (pointsOf(picture)) parts.push(`points ${pointsOf(picture)}`);
  if (picture.generation !== undefined) parts.push(`generation ${number(picture.generation)}`);
  return parts.join(" · ");
}

function pointsOf({ points }) {
  return Array.isArray(points) ? points.slice(0, 4).map(number).join(" : ") : "";
}

const DRAW = {
  rect(context, [x, y, across, down, colour], width, height) {
    context.fillStyle = colour;
    context.fillRect(x * width, y * height, across * width, down * height);
  },
  circle(context, [x, y, radius, colour], width, height) {
    context.fillStyle = colour;
    context.beginPath();
    context.arc(x * width, y * height, Math.max(0, radius * height), 0, 2 * Math.PI);
    context.fill();
  },
  line(context, [fromX, fromY, toX, toY, thick, colour], width, height) {
    context.strokeStyle = colour;
    context.lineWidth = thick * height;
    context.lineCap = "round";
    context.beginPath();
    context.moveTo(fromX * width, fromY * height);
    context.lineTo(toX * width, toY * height);
    context.stroke();
  },
  text(context, [x, y, size, words, colour, align = "left"], width, height) {
    context.fillStyle = colour;
    context.font = `500 ${(0.76 * size * height).toFixed(2)}px ui-sans-serif, system-ui, sans-serif`;
    context.textBaseline = "middle";
    context.textAlign = ["left", "center", "right"].includes(align) ? align : "left";
    const line = String(words).slice(0, 200);
    const { actualBoundingBoxAscent: above, actualBoundingBoxDescent: below } = context.measureText(line);
    const [highest, lowest] = [above + CLEAR, height - below - CLEAR]; // a line at an edge is seen whole, whatever its letters
    context.fillText(line, x * width, highest < lowest ? Math.min(lowest, Math.max(highest, y * height)) : y * height);
  },
};
