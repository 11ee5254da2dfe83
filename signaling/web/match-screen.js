// The screen of a match: picture, score, line, hands. Knows what the client tells of the match; knows no lobby.

import { PictureCanvas } from "./canvas.js";
import { found } from "./elements.js";
import { Gamepad } from "./gamepad.js";
import { HeldKeys } from "./held-keys.js";
import { Keyboard } from "./keyboard.js";
import { Overlay } from "./overlay.js";
import { isPlayedBy, scoreLines, scoreText } from "./score-lines.js";
import { Touch } from "./touch.js";

const REASONS = {
  synchronizing: "Getting ready with the others…",
  stalled: "Waiting for the others…",
  paused: "Paused",
};
const PATIENCE = 400; // ms that something is so before it is told: most stalls are over by then
const TELL_EVERY = 2000; // ms between two times that the picture is put into words
const LONGEST = 400; // characters of those words

export class MatchScreen {
  #canvas = new PictureCanvas(found("stage"), found("picture"));
  #picture = found("picture");
  #overlay = new Overlay();
  #pause = found("pause");
  #legend = found("keys");
  #reason = found("reason");
  #held;
  #keyboard;
  #touch;
  #gamepad;
  #match = null;
  #plays = false; // a person, here
  #waited = 0; // the timer of a reason that is not told yet
  #why = ""; // what is shown, or waited for, of why the match stands still
  #scores = ""; // what is shown
  #described = -Infinity; // when the picture was put into words last

  /** `keys(names)` and `pause()` are called for what the player does. */
  constructor({ keys, pause }) {
    this.#held = new HeldKeys(keys);
    this.#keyboard = new Keyboard(this.#held, { p: pause });
    this.#touch = new Touch(this.#held, found("pad-left"), found("pad-right"));
    this.#gamepad = new Gamepad(this.#held, pause);
    this.#picture.addEventListener("pointerdown", () => this.focus());
  }

  /** Begin to show a match: what the client told as `begun`, and the `title` of the game. */
  begin(match) {
    this.end();
    this.#match = match;
    const isSeated = Number.isInteger(match.player);
    this.#plays = isSeated && !isPlayedBy(match.players[match.player]?.controller);
    const buttons = this.#plays ? (match.buttons ?? []) : [];
    this.#keyboard.use(isSeated ? buttons.flatMap(({ keys }) => keys) : null);
    this.#touch.use(buttons);
    this.#gamepad.use(buttons);
    this.#pause.hidden = !isSeated;
    this.#overlay.clear();
    this.#canvas.clear();
    this.#described = -Infinity;
    this.#show({ scores: null, reason: "running" });
  }

  /** Let go of every key, and of the match. */
  end() {
    this.#keyboard.use(null);
    this.#touch.use([]);
    this.#gamepad.use([]);
    this.#held.releaseAll();
    this.#showReason("running", null);
    this.#match = null;
    this.#scores = "";
  }

  /** Show a picture of the match, and what comes with it. */
  show(picture) {
    if (!this.#match) return;
    this.#canvas.show(picture);
    this.#show(picture);
  }

  showStats(stats) {
    this.#overlay.show(stats);
  }

  focus() {
    this.#picture.focus({ preventScroll: true });
  }

  #show({ scores, reason = "running", note = "", text = "", wait = null }) {
    this.#showReason(reason, wait);
    this.#showLegend(note);
    const shown = JSON.stringify(scores ?? null);
    if (shown !== this.#scores) {
      this.#scores = shown;
      found("scores").replaceChildren(...scoreLines(this.#match, scores));
    }
    this.#describe(scores, text);
  }

  #showLegend(note) {
    const legend = this.#plays ? this.#match.keys : this.#pause.hidden ? "You are watching" : "A bot plays for you";
    const isFree = !(this.#match.buttons ?? []).some(({ keys }) => keys.includes("p"));
    const told = [legend, this.#plays && isFree && "p pauses", note].filter(Boolean).join(" · ");
    if (this.#legend.textContent !== told) this.#legend.textContent = told;
  }

  /** Say why the match stands still; `wait` {sentence, own, lost} says whom it waits for, where it is somebody. */
  #showReason(reason, wait) {
    const sentence = wait?.sentence || REASONS[reason];
    const isOwn = wait ? wait.own : reason === "paused"; // to go on is up to who paused
    const why = [reason, sentence, isOwn].join(" ");
    if (why === this.#why) return;
    this.#why = why;
    clearTimeout(this.#waited);
    this.#pause.textContent = isOwn ? "Go on" : "Pause";
    this.#reason.hidden = true;
    if (!sentence) return;
    const tell = () => {
      this.#reason.textContent = sentence;
      this.#reason.hidden = false;
    };
    if (reason === "paused") tell();
    else this.#waited = setTimeout(tell, PATIENCE);
  }

  /** Put the picture into words for whoever does not see it, now and then. */
  #describe(scores, text) {
    const now = performance.now();
    if (now - this.#described < TELL_EVERY) return;
    this.#described = now;
    const { players, title } = this.#match;
    const score = players.map(({ name }, place) => `${name} ${scoreText(scores?.[place])}`.trim()).join(", ");
    const told = [`${title}: ${score}`, text].filter(Boolean).join(". ").slice(0, LONGEST);
    if (this.#picture.getAttribute("aria-label") !== told) this.#picture.setAttribute("aria-label", told);
    const announced = found("announced");
    if (scores && announced.textContent !== score) announced.textContent = score.slice(0, LONGEST);
  }
}
