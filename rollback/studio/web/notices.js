// What just happened, in one line each: read out, seen for a while, gone. Knows the words of events; knows no run.

import { found, made } from "./elements.js";
import { keepSeen, seenKept } from "./kept.js";
import { figuresOf } from "./metrics.js";
import { capital, number, plainWords } from "./words.js";

const SHOWN = 3; // at a time
const NARROW = window.matchMedia("(max-width: 50rem)");
const SHOWN_NARROW = 2; // on a phone they would cover what they tell of
const FOR = 6000; // ms of a page that is seen; errors stay twice as long
const MARKS = { good: "✓", info: "", error: "!" };
// What each event is called; those that are no news have no words here.
const WORDS = {
  complete: ({ run }) => ["good", `${plainWords(run, 64)} is finished.`],
  error: ({ message }) => ["error", capital(plainWords(message, 500))],
  reset_complete: ({ run, aside }) => ["good", `${plainWords(run, 64)} begins anew.${aside ? ` What it had learned is kept: load ${plainWords(aside, 64)} to have it back.` : ""}`],
  save_complete: (told) => (told.by_hand ? ["good", `Saved as ${savedAs(told)}.`] : null),
  load_complete: ({ name, episode }) => ["good", `Loaded ${plainWords(name, 64)}: the training goes on after episode ${number(episode)}.`],
  evaluated: ({ metrics }) => ["good", `${capital(figuresOf(metrics).evaluation || "evaluated")}.`],
};

/** Say under which names something was saved. */
export function savedAs({ name, names, episode }) {
  return `${(names ?? [name]).map((each) => plainWords(each, 64)).join(" and ")}, after episode ${number(episode)}`;
}

export class Notices {
  #box = found("news");
  #studio = ""; // whose numbers these are
  #seen = 0;

  constructor() {
    const kept = seenKept(); // a page that is loaded anew shows none twice
    if (kept) [this.#studio, this.#seen] = [kept.studio, kept.seen];
  }

  /** Take an event; what has no number is the answer to something that was asked here. */
  take(event, payload) {
    const news = wordsOf(event, payload);
    if (!news || payload.notice <= this.#seen) return;
    if (payload.notice) this.#remember(this.#studio, payload.notice);
    this.show(...news);
  }

  /** Take what a studio tells a page that connects: what it missed is shown once; a page that is new here missed nothing. */
  catchUp({ studio = "", newest = [] } = {}) {
    const isNew = this.#studio === "";
    if (studio !== this.#studio) this.#seen = 0;
    const missed = isNew ? [] : newest.filter((notice) => notice.number > this.#seen);
    this.#remember(studio, newest.at(-1)?.number ?? this.#seen);
    const shown = missed.length > most() ? missed.slice(1 - most()) : missed;
    if (shown.length < missed.length) this.show("info", `While this page was away, ${number(missed.length)} things happened; the last ${shown.length}:`);
    for (const { event, at, told } of shown) {
      const [kind, sentence] = wordsOf(event, told) ?? [];
      if (sentence) this.show(kind, `While this page was away, at ${clock(at)}: ${sentence}`);
    }
  }

  /** Show a sentence; `kind` is good, info or error; `link` is `{text, href}` of a page to go to. */
  show(kind, sentence, link = null) {
    const known = Object.hasOwn(MARKS, kind) ? kind : "info";
    const line = made("p", { className: `news ${known}` }, made("span", { text: MARKS[known], "aria-hidden": "true" }), " ");
    line.append(made("bdi", { text: plainWords(sentence, 500) }));
    if (link) line.append(" ", made("a", { text: link.text, href: link.href, target: "_blank", rel: "noopener noreferrer" }));
    this.#box.append(line);
    line.append(made("button", { className: "quiet close", type: "button", text: "×", "aria-label": "Close this notice", on: { click: () => line.remove() } }));
    line.addEventListener("keydown", (event) => event.key === "Escape" && line.remove());
    while (this.#box.childElementCount > most()) this.#box.firstElementChild.remove();
    if (!link) fade(line, known === "error" ? 2 * FOR : FOR);
  }

  #remember(studio, seen) {
    [this.#studio, this.#seen] = [studio, seen];
    keepSeen(studio, seen);
  }
}

function most() {
  return NARROW.matches ? SHOWN_NARROW : SHOWN;
}

/** Take a line away after a time in which it could be seen, but not from under a pointer or the focus. */
function fade(line, after) {
  const go = () => (line.matches(":hover, :focus-within") ? setTimeout(go, after) : line.remove());
  if (document.hidden) document.addEventListener("visibilitychange", () => fade(line, after), { once: true });
  else setTimeout(go, after);
}

function clock(at) {
  return new Date(1000 * at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
}

function wordsOf(event, told) {
  return Object.hasOwn(WORDS, event) ? WORDS[event](told) : null;
}
