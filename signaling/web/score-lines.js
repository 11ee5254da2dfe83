// The players of a match and their scores, as lines of a list. Knows no screen.

import { made, nameOf } from "./elements.js";

/** Return a line for each player of `match`, with the score where there is one. */
export function scoreLines({ players, player }, scores) {
  return players.map(({ name, controller }, place) => {
    const tag = (text) => made("span", { className: "own", text });
    const own = place === player && name !== "you" ? [tag("you")] : []; // it may be the name itself, as in a match alone
    const bot = isPlayedBy(controller) && !/^bot\b/.test(name) ? [tag("bot")] : [];
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
