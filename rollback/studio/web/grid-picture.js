// GridWorld as it is learned: the map, what each cell is worth, the best move from it, the agent and its way. Draws only.

import { number, plainWords } from "./words.js";

const TURNS = [null, [0, -1], [0, 1], [-1, 0], [1, 0]]; // by action, as in the game: up, down, left, right
const SHADES = 24; // of a value
const LARGEST = 60; // cells of a side: more are no picture

/** Return the least and the greatest value, null where nothing was learned yet. */
export function valuesOf(picture) {
  const known = (picture.values ?? []).filter((value) => typeof value === "number");
  if (known.length === 0) return null;
  return { least: known.reduce((a, b) => Math.min(a, b)), greatest: known.reduce((a, b) => Math.max(a, b)) };
}

export function aspectOf({ width, height }) {
  return isFine(width) && isFine(height) ? width / height : 1.6;
}

/** Draw a picture into `{context, width, height}`; what has one colour is one path, for there are hundreds of cells. */
export function drawGrid({ context, width, height }, picture, colours) {
  if (!isFine(picture.width) || !isFine(picture.height)) return;
  const side = width / picture.width;
  const letters = lettersOf(picture);
  const box = (at) => boxOf(at, picture.width, side);
  context.fillStyle = colours.of("floor");
  context.fillRect(0, 0, width, height);
  fill(context, colours.of("cliff"), letters.get("~") ?? [], box);
  drawValues(context, picture, box, colours);
  drawLines(context, side, picture, width, height, colours);
  fill(context, colours.of("wall"), letters.get("#") ?? [], box);
  drawArrows(context, side, picture, colours);
  for (const [letter, cells] of letters) drawLetter(context, side, letter, cells, picture, colours);
  drawTrail(context, side, picture.trail ?? [], colours);
  if (isPlace(picture.goal)) drawGoal(context, side, picture.goal, colours);
  if (isPlace(picture.agent)) drawAgent(context, side, picture.agent, colours);
}

/** Return the picture in a sentence. */
export function tellGrid(picture) {
  const parts = [`GridWorld ${plainWords(picture.layout, 40)}`];
  if (isPlace(picture.agent)) parts.push(`agent in column ${picture.agent[0]}, row ${picture.agent[1]}`);
  if (isPlace(picture.goal)) parts.push(`goal in column ${picture.goal[0]}, row ${picture.goal[1]}`);
  const learned = (picture.values ?? []).filter((value) => typeof value === "number").length;
  parts.push(learned ? `${learned} cells have a value` : "nothing learned yet");
  return `${parts.join(", ")}.`;
}

/** Return what stands under the picture. */
export function captionGrid(picture) {
  const parts = [`Map ${plainWords(picture.layout, 40)}`];
  if (picture.length > 0) parts.push(`step ${number(picture.length)} of the episode, reward ${number(picture.reward)}`);
  if (picture.held) parts.push(`key ${plainWords(picture.held, 3)} in hand`);
  if (picture.open) parts.push(`door ${plainWords(picture.open, 3)} open`);
  return parts.join(" · ");
}

/** Draw the scale of the values, from the least to the greatest. */
export function drawScale({ context, width, height }, colours) {
  for (let x = 0; x < width; x++) {
    context.globalAlpha = shade(x / width);
    context.fillStyle = colours.of("heat");
    context.fillRect(x, 0, 1.5, height);
  }
  context.globalAlpha = 1;
}

/** Return the cells of each letter of the map. */
function lettersOf(picture) {
  const letters = new Map();
  for (let at = 0; at < picture.width * picture.height; at++) {
    const row = Math.floor(at / picture.width);
    const letter = String(picture.cells?.[row] ?? "").charAt(at % picture.width) || "#";
    if (!letters.has(letter)) letters.set(letter, []);
    letters.get(letter).push(at);
  }
  return letters;
}

/** Return where a cell begins and how large it is, without a seam to the next one. */
function boxOf(at, across, side) {
  const [column, row] = [at % across, Math.floor(at / across)];
  const [x, y] = [Math.round(column * side), Math.round(row * side)];
  return [x, y, Math.round((column + 1) * side) - x, Math.round((row + 1) * side) - y];
}

function fill(context, colour, cells, box) {
  context.fillStyle = colour;
  context.beginPath();
  for (const at of cells) context.rect(...box(at));
  context.fill();
}

function drawValues(context, picture, box, colours) {
  const range = valuesOf(picture);
  if (!range) return;
  const shades = Array.from({ length: SHADES + 1 }, () => []);
  picture.values.slice(0, LARGEST ** 2).forEach((value, at) => {
    if (typeof value !== "number") return;
    const share = range.greatest > range.least ? (value - range.least) / (range.greatest - range.least) : 1;
    shades[Math.round(SHADES * share)].push(at);
  });
  shades.forEach((cells, at) => {
    context.globalAlpha = shade(at / SHADES);
    if (cells.length) fill(context, colours.of("heat"), cells, box);
  });
  context.globalAlpha = 1;
}

function shade(share) {
  return 0.06 + 0.74 * Math.min(1, Math.max(0, share)) ** 1.6;
}

function drawLines(context, side, picture, width, height, colours) {
  context.strokeStyle = colours.of("grid");
  context.lineWidth = 1;
  context.beginPath();
  for (let x = 1; x < picture.width; x++) line(context, Math.round(x * side) - 0.5, 0, Math.round(x * side) - 0.5, height);
  for (let y = 1; y < picture.height; y++) line(context, 0, Math.round(y * side) - 0.5, width, Math.round(y * side) - 0.5);
  context.stroke();
}

function drawArrows(context, side, picture, colours) {
  const [long, back] = [0.24 * side, 0.17 * side];
  context.strokeStyle = colours.of("arrow");
  context.lineWidth = Math.max(1.1, 0.07 * side);
  context.lineCap = context.lineJoin = "round";
  context.beginPath();
  (picture.arrows ?? []).slice(0, LARGEST ** 2).forEach((turn, at) => {
    if (!TURNS[turn]) return;
    const [dx, dy] = TURNS[turn];
    const [x, y] = [((at % picture.width) + 0.5) * side, (Math.floor(at / picture.width) + 0.5) * side];
    const [tipX, tipY] = [x + dx * long, y + dy * long];
    line(context, x - dx * long, y - dy * long, tipX, tipY);
    context.moveTo(tipX - dx * back - dy * back, tipY - dy * back - dx * back);
    context.lineTo(tipX, tipY);
    context.lineTo(tipX - dx * back + dy * back, tipY - dy * back + dx * back);
  });
  context.stroke();
}

/** Keys, doors and the things of a kitchen; a key in hand and an open door are gone. */
function drawLetter(context, side, letter, cells, picture, colours) {
  const isKey = "abc".includes(letter) && !picture.held?.includes(letter) && !picture.open?.includes(letter.toUpperCase());
  const isDoor = "ABC".includes(letter) && !picture.open?.includes(letter);
  if (!isKey && !isDoor && !"OTPH=".includes(letter)) return;
  if (isDoor) fill(context, colours.of("wall"), cells, (at) => boxOf(at, picture.width, side));
  context.fillStyle = isDoor ? colours.of("floor") : colours.of("goal");
  context.font = `700 ${Math.round(0.6 * side)}px ui-sans-serif, system-ui, sans-serif`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  for (const at of cells) {
    context.fillText(letter, ((at % picture.width) + 0.5) * side, (Math.floor(at / picture.width) + 0.5) * side);
  }
}

function line(context, fromX, fromY, toX, toY) {
  context.moveTo(fromX, fromY);
  context.lineTo(toX, toY);
}

function drawTrail(context, side, trail, colours) {
  context.strokeStyle = colours.of("trail");
  context.lineWidth = Math.max(2.5, 0.16 * side);
  context.lineCap = context.lineJoin = "round";
  for (let at = 1; at < trail.length; at++) {
    const [from, to] = [trail[at - 1], trail[at]];
    if (!isPlace(from) || !isPlace(to) || Math.abs(from[0] - to[0]) + Math.abs(from[1] - to[1]) > 1) continue; // fell
    context.globalAlpha = 0.3 + 0.7 * (at / trail.length) ** 2; // the newest part is seen best
    context.beginPath();
    context.moveTo((from[0] + 0.5) * side, (from[1] + 0.5) * side);
    context.lineTo((to[0] + 0.5) * side, (to[1] + 0.5) * side);
    context.stroke();
  }
  context.globalAlpha = 1;
}

function drawGoal(context, side, [x, y], colours) {
  const [middleX, middleY] = [(x + 0.5) * side, (y + 0.5) * side];
  context.fillStyle = colours.of("goal");
  context.strokeStyle = colours.of("floor");
  context.lineWidth = Math.max(1, 0.06 * side);
  context.beginPath();
  for (let point = 0; point < 10; point++) {
    const far = (point % 2 ? 0.27 : 0.62) * side;
    const angle = (point * Math.PI) / 5 - Math.PI / 2;
    context.lineTo(middleX + far * Math.cos(angle), middleY + far * Math.sin(angle));
  }
  context.closePath();
  context.fill();
  context.stroke();
}

function drawAgent(context, side, [x, y], colours) {
  context.fillStyle = colours.of("agent");
  context.strokeStyle = colours.of("floor");
  context.lineWidth = Math.max(1.5, 0.09 * side);
  context.beginPath();
  context.arc((x + 0.5) * side, (y + 0.5) * side, Math.max(4.5, 0.34 * side), 0, 2 * Math.PI);
  context.fill();
  context.stroke();
}

function isFine(side) {
  return Number.isInteger(side) && side > 0 && side <= LARGEST;
}

function isPlace(place) {
  return Array.isArray(place) && Number.isInteger(place[0]) && Number.isInteger(place[1]);
}
