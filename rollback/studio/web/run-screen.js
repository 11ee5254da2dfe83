// What is said of the run that is looked at, and which of its buttons can be pressed. Knows states; sends nothing.

import { found, made, tell } from "./elements.js";
import { wordsOf } from "./run-list.js";
import { capital, plainWords } from "./words.js";

// By state: the buttons that can be pressed. Where there is no run there is nothing to press but Start.
const BUTTONS = {
  idle: ["go-on", "reset"],
  starting: ["stop"],
  running: ["pause", "stop", "reset", "save", "evaluate"],
  paused: ["pause", "step", "stop", "reset", "save", "evaluate"],
  stopping: [],
  stopped: ["go-on", "reset", "evaluate"],
  finished: ["go-on", "reset", "evaluate"],
  crashed: ["go-on", "reset", "evaluate"],
  elsewhere: [],
};
const REASONS = { elsewhere: "Another process trains it, such as rollback train: it can be watched here, and goes on here once that has ended." };
const ALL = ["pause", "step", "stop", "go-on", "reset", "save", "evaluate"];

export class RunScreen {
  /** Show a run, null for a training that is not there yet; without a connection nothing can be pressed. */
  show(run, { isConnected }) {
    tell(found("watch-title"), run ? plainWords(run.run, 64) : "A new training");
    const state = found("state");
    state.hidden = !run;
    tell(state, wordsOf(run?.state));
    state.dataset.state = run?.state ?? "";
    tell(found("reason"), run ? capital(plainWords(run.reason || (REASONS[run.state] ?? ""))) : "This is the environment before any training.");
    this.#lastWords(run?.state === "crashed" ? (run.last_words ?? []) : []);
    const usable = isConnected ? (BUTTONS[run?.state] ?? []) : [];
    for (const id of ALL) found(id).disabled = !usable.includes(id);
    const isResting = Boolean(run) && (BUTTONS[run.state]?.includes("go-on") ?? false);
    const isElsewhere = run?.state === "elsewhere";
    document.body.dataset.run = run ? (isResting || isElsewhere ? "resting" : "active") : "none";
    found("beginning").hidden = Boolean(run);
    found("controls").hidden = !run || isElsewhere;
    found("pace").hidden = found("keys").hidden = !run || isResting || isElsewhere;
    found("save-form").hidden = !run || isElsewhere || run.state === "idle";
    found("go-on").hidden = !isResting;
    for (const id of ["stop", "pause", "step", "save"]) found(id).hidden = isResting;
    found("evaluate").hidden = run?.state === "idle"; // it has learned nothing
    tell(found("pause"), run?.state === "paused" ? "Go on training" : "Pause");
    tell(found("go-on"), run?.state === "idle" ? "Start it" : "Go on training");
    this.#speed(run, isConnected);
    found("start").disabled = !isConnected;
    const canSave = usable.includes("save") || (isResting && isConnected); // what it has learned can have a name
    found("save-named").disabled = found("save-name").disabled = !canSave;
  }

  /** Whether a button can be pressed now. */
  can(id) {
    const button = found(id);
    return !button.hidden && !button.disabled && !button.parentElement.hidden;
  }

  #speed(run, isConnected) {
    const speed = found("speed");
    speed.disabled = !isConnected || !["running", "paused", "starting"].includes(run?.state);
    if (!run || document.activeElement === speed) return;
    const value = String(run.speed);
    if (![...speed.options].some((option) => option.value === value)) {
      speed.append(made("option", { value, text: `${plainWords(value, 20)} steps a second` }));
    }
    speed.value = value;
  }

  #lastWords(lines) {
    found("last-words").hidden = lines.length === 0;
    tell(found("last-words-text"), lines.map((line) => plainWords(line, 500)).join("\n"));
  }
}
