// The curve and the newest figures as numbers: for eyes, for readers of the screen, and where there are no charts.

import { found, made, tell } from "./elements.js";
import { capital, number, shortNumber, spaced } from "./words.js";

const LINES = 12;
const FURTHER = 3; // further numbers that get a column
const EVERY = 500; // ms between two writings

export class Numbers {
  #shown = null;
  #timer = null;
  #writtenAt = -Infinity;
  #head = "";
  #figures = new Map();
  #explores = false; // whether there is an epsilon to tell of

  /** Show a run's facts and its curve soon; null and an empty curve where there is no run. */
  show(run, curve) {
    this.#shown = { run, curve };
    this.#timer ??= setTimeout(() => this.#write(), Math.max(0, this.#writtenAt + EVERY - performance.now()));
  }

  #write() {
    this.#timer = null;
    this.#writtenAt = performance.now();
    const { run, curve } = this.#shown;
    found("curves-told").hidden = Boolean(run);
    found("figures").hidden = found("numbers-box").hidden = !run;
    this.#figure("Episode", run ? number(run.episode) : "–");
    this.#figure("Step", run ? shortNumber(run.step) : "–");
    this.#figure("Steps a second", run?.steps_per_second > 0 ? shortNumber(run.steps_per_second) : "–");
    this.#explores = curve.explores || run?.epsilon > 0;
    this.#figure("Epsilon", run ? number(run.epsilon) : "–", "share of random actions").hidden = Boolean(run) && !this.#explores;
    this.#figure("Mean reward", run ? number(run.reward) : "–", "of the newest 100 episodes");
    this.#table(curve);
  }

  #figure(name, value, hint = "") {
    if (!this.#figures.has(name)) {
      const told = made("dd");
      found("figures").append(made("div", { title: hint || undefined }, made("dt", { text: name }), told));
      this.#figures.set(name, told);
    }
    tell(this.#figures.get(name), value);
    return this.#figures.get(name).parentElement;
  }

  #table(curve) {
    const names = ["reward", "steps", ...(this.#explores ? ["epsilon"] : []), ...curve.further.slice(0, FURTHER)];
    tell(found("numbers-caption"), `The curve in numbers, newest first; ${curve.stride > 1 ? `a line has the means of ${number(curve.stride)} episodes` : "a line is an episode"}`);
    const titles = ["Episode", "Reward", "Median", ...names.slice(1).map((name) => capital(spaced(name)))];
    if (this.#head !== titles.join()) {
      this.#head = titles.join();
      found("numbers-head").replaceChildren(...titles.map((text) => made("th", { scope: "col", text })));
    }
    const medians = curve.medians("reward");
    const rows = lines(curve.size).map((at) => {
      const cells = [curve.column("reward")[at], medians[at], ...names.slice(1).map((name) => curve.column(name)[at])];
      return made(
        "tr",
        {},
        made("th", { scope: "row", text: number(curve.episodes[at]) }),
        ...cells.map((value) => made("td", { text: number(value) })),
      );
    });
    if (rows.length === 0) rows.push(made("tr", {}, made("td", { colspan: String(titles.length), text: "No episode has ended yet." })));
    found("numbers-body").replaceChildren(...rows);
  }
}

/** Return which groups are listed: the newest, and others evenly back to the first. */
function lines(size) {
  if (size <= LINES) return Array.from({ length: size }, (_, at) => size - 1 - at);
  return Array.from({ length: LINES }, (_, line) => Math.round((size - 1) * (1 - line / (LINES - 1))));
}
