// The screen of a match: picture, score, line, hands. Knows what the client tells of the match; knows no lobby.

import { PictureCanvas } from "./canvas.js";
import { found, made, nameOf } from "./elements.js";
import { Gamepad } from "./gamepad.js";
import { HeldKeys } from "./held-keys.js";
import { Keyboard } from "./keyboard.js";
import { Overlay } from "./overlay.js";
import { Touch } from "./touch.js";

const REASONS = {
  synchronizing: "Getting ready with the others…",
  stalled: "Waiting for the others…",
  paused: "Paused",
};
const PATIENCE = 400; // ms that something is so before it is told: most stalls are over by then
const TELL_EVERY = 2000; // ms between two times that the score is said aloud

export class MatchScreen {
  #canvas = new PictureCanvas(found("stage"), found("picture"));
  #picture = found("picture");
  #overlay = new Overlay();
  #held;
  #keyboard;
  #touch;
  #gamepad;
  #reason = found("reason");
  #waited = 0; // the timer of a reason that is not told yet
  #told = ""; // the reason that is shown or waited for
  #match = null;
  #score = "";
  #said = { text: "", at: 0 };

  /** `keys(names)` and `pause()` are what the player does. */
  constructor({ keys, pause }) {
    this.#held = new HeldKeys(keys);
    this.#keyboard = new Keyboard(this.#held, { p: pause });
    this.#touch = new Touch(this.#held, found("pad-left"), found("pad-right"));
    this.#gamepad = new Gamepad(this.#held, pause);
    this.#picture.addEventListener("pointerdown", () => this.#picture.focus());
  }

  get samples() {
    return this.#overlay.samples;
  }

  /** Begin to show a match: what the client told as `begun`. */
  begin(match) {
    this.end();
    this.#match = match;
    const plays = match.player !== null && match.player !== undefined && !isBot(match);
    const buttons = plays ? (match.buttons ?? []) : [];
    this.#keyboard.use(match.player === null || match.player === undefined ? null : buttons.flatMap(({ keys }) => keys));
    this.#touch.use(buttons);
    this.#gamepad.use(buttons);
    found("pause").hidden = match.player === null || match.player === undefined;
    found("pause").textContent = "Pause";
    found("keys").textContent = plays ? legendOf(match) : match.players.length > 0 ? (match.player == null ? "You are watching" : "The bot plays for you") : "";
    this.#overlay.clear();
    this.#canvas.clear();
    this.#showScores(null);
    this.#picture.setAttribute("aria-label", `${match.title}: the match begins`);
  }

  /** Let go of everything. */
  end() {
    this.#keyboard.use(null);
    this.#touch.use([]);
    this.#gamepad.use([]);
    this.#held.releaseAll();
    this.#showReason("running");
    this.#match = null;
  }

  show(picture) {
    if (!this.#match) return;
    this.#canvas.show(picture);
    this.#showReason(picture.reason ?? "running");
    this.#showScores(picture.scores ?? null);
    this.#describe(picture);
    const note = picture.note ? ` · ${picture.note}` : "";
    const legend = legendOf(this.#match) + note;
    if (this.#match.player != null && !isBot(this.#match) && found("keys").textContent !== legend) found("keys").textContent = legend;
  }

  showStats(stats) {
    this.#overlay.show(stats);
  }

  focus() {
    this.#picture.focus({ preventScroll: true });
  }

  #showReason(reason) {
    if (reason === this.#told) return;
    this.#told = reason;
    clearTimeout(this.#waited);
    const sentence = REASONS[reason];
    found("pause").textContent = reason === "paused" ? "Go on" : "Pause";
    if (!sentence) return void (this.#reason.hidden = true);
    const tell = () => {
      this.#reason.textContent = sentence;
      this.#reason.hidden = false;
    };
    if (reason === "paused") return tell();
    this.#waited = setTimeout(tell, PATIENCE);
  }

  #showScores(scores) {
    const score = JSON.stringify(scores);
    if (score === this.#score && found("scores").childElementCount === this.#match.players.length) return;
    this.#score = score;
    found("scores").replaceChildren(...scoreLines(this.#match, scores));
  }

  /** Say what the picture shows to whoever does not see it, not at every frame. */
  #describe({ text = "", scores }) {
    const named = this.#match.players.map(({ name }, place) => `${name} ${numberOf(scores?.[place]) ?? ""}`.trim()).join(", ");
    const told = [`${this.#match.title}: ${named}`, text].filter(Boolean).join(". ").slice(0, 400);
    const now = performance.now();
    if (told === this.#said.text || now - this.#said.at < TELL_EVERY) return;
    this.#said = { text: told, at: now };
    this.#picture.setAttribute("aria-label", told);
    const score = `${named}`;
    if (scores && found("announced").textContent !== score) found("announced").textContent = score;
  }
}

/** A line for each player, with the score where there is one. */
export function scoreLines({ players, player }, scores) {
  return players.map(({ name, controller }, place) => {
    const own = place === player ? [made("span", { className: "own", text: "you" })] : [];
    const kind = controller && controller !== "human" ? [made("span", { className: "own", text: "bot" })] : [];
    const number = numberOf(scores?.[place]);
    const score = number === undefined ? [] : [made("span", { className: "score", text: number })];
    return made("li", {}, nameOf(name || `Player ${place + 1}`), ...own, ...kind, ...score);
  });
}

function numberOf(score) {
  if (!Number.isFinite(score)) return undefined;
  return Number.isInteger(score) ? String(score) : score.toFixed(2);
}

function isBot({ players, player }) {
  const controller = players[player]?.controller;
  return Boolean(controller) && controller !== "human";
}

function legendOf({ keys = "" }) {
  return typeof keys === "string" ? keys : "";
}
