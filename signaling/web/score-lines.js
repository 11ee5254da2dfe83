// The players of a match and their scores, as lines of a list. Knows no screen.

import { made, nameOf } from "./elements.js";

/** Return a line for each player of `match`, with the score where there is one. */
export function scoreLines({ players, player }, scores) {
  return players.map(({ name, controller }, place) => {
    const own = place === player ? [made("span", { className: "own", text: "you" })] : [];
    const bot = isPlayedBy(controller) ? [made("span", { className: "own", text: "bot" })] : [];
    const number = scoreText(scores?.[place]);
    const score = number === "" ? [] : [made("span", { className: "score", text: number })];
    return made("li", {}, nameOf(name || `Player ${place + 1}`), ...own, ...bot, ...score);
  });
}

/** Whether something else than a person decides. */
export function isPlayedBy(controller) {
  return Boolean(controller) && controller !== "human";
}

/** Return a score as it is shown, empty where there is none. */
export function scoreText(score) {
  if (!Number.isFinite(score)) return "";
  return Number.isInteger(score) ? String(score) : score.toFixed(2);
}
