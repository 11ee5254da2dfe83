// Paints the primitives of rollback/games/drawing.py on a canvas. Knows no time, no game and no page.

export const BACKGROUND = "#10121a";
const PLACES = new Map(Object.entries({ rect: 4, circle: 3, line: 5, text: 3 })); // how many numbers follow the kind
const FONT = "ui-sans-serif, system-ui, sans-serif";
const LETTERS = 0.82; // of the size of a text, which is that of its line

/** Paint a list of primitives over the whole of a surface of `width` x `height` dots. */
export function paint(surface, primitives, width, height) {
  surface.fillStyle = BACKGROUND;
  surface.fillRect(0, 0, width, height);
  for (const primitive of primitives) {
    if (!isPainted(primitive)) continue; // a game of the user may say anything
    const [kind, ...values] = primitive;
    surface.fillStyle = surface.strokeStyle = "white"; // what it stays if the colour is none
    PAINT[kind](surface, values, width, height);
  }
}

/**
 * Return the primitives on the way from one picture to the next: `share` from 0 to 1.
 *
 * Only places and sizes are blended. What moved further than `jump` has been put somewhere else, and is there at once;
 * pictures of different kinds of things are not blended at all.
 */
export function between(before, after, share, jump = 0.1) {
  if (share >= 1 || before.length !== after.length) return after;
  if (after.some((primitive, place) => primitive?.[0] !== before[place]?.[0])) return after;
  return after.map((primitive, place) => blended(before[place], primitive, share, jump));
}

function blended(before, after, share, jump) {
  if (!isPainted(before) || !isPainted(after)) return after;
  const count = PLACES.get(after[0]);
  const way = [];
  for (let place = 1; place <= count; place++) {
    way[place] = after[place] - before[place];
    if (Math.abs(way[place]) > jump) return after;
  }
  return after.map((value, place) => (place >= 1 && place <= count ? before[place] + share * way[place] : value));
}

function isPainted(primitive) {
  const count = Array.isArray(primitive) ? PLACES.get(primitive[0]) : undefined;
  return count !== undefined && primitive.length > count && primitive.slice(1, count + 1).every(Number.isFinite);
}

const PAINT = {
  rect(surface, [x, y, across, down, colour], width, height) {
    surface.fillStyle = colour;
    surface.fillRect(x * width, y * height, across * width, down * height);
  },
  circle(surface, [x, y, radius, colour], width, height) {
    surface.fillStyle = colour;
    surface.beginPath();
    surface.arc(x * width, y * height, Math.max(0, radius * height), 0, 2 * Math.PI);
    surface.fill();
  },
  line(surface, [x1, y1, x2, y2, thick, colour], width, height) {
    surface.strokeStyle = colour;
    surface.lineWidth = thick * height;
    surface.lineCap = "round";
    surface.beginPath();
    surface.moveTo(x1 * width, y1 * height);
    surface.lineTo(x2 * width, y2 * height);
    surface.stroke();
  },
  text(surface, [x, y, size, string, colour, align = "left"], width, height) {
    surface.fillStyle = colour;
    surface.font = `500 ${(size * height * LETTERS).toFixed(2)}px ${FONT}`;
    surface.textBaseline = "middle";
    surface.textAlign = ["left", "center", "right"].includes(align) ? align : "left";
    const middle = size < 1 ? Math.min(1 - size / 2, Math.max(size / 2, y)) : y; // a line at an edge is seen whole
    surface.fillText(String(string), x * width, middle * height);
  },
};
