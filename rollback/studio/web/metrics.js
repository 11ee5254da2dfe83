// How well an agent plays, in words: what says most comes first, shares as percentages. Knows only the names.

import { number, spaced } from "./words.js";

const TELLING = ["success", "lines", "won", "reward", "length"]; // by how much they tell
const SHARES = ["success", "won"];
const MOST = 3;

/** Return a few of these numbers, each with its name. */
export function telling(metrics) {
  const all = Object.entries(metrics ?? {});
  const known = TELLING.filter((name) => all.some(([each]) => each === name)).map((name) => [name, metrics[name]]);
  const told = (known.length ? known : all).slice(0, MOST);
  return told.map(([name, value]) => `${spaced(name)} ${SHARES.includes(name) ? `${number(100 * value)} %` : number(value)}`);
}
