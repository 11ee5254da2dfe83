// The runs there are, newest first: which one is looked at, what each does. Knows nothing of their curves.

import { careful, found, made, tell } from "./elements.js";
import { number, plainWords, shortNumber } from "./words.js";

export const ACTIVE = ["starting", "running", "paused", "stopping"];
const WORDS = { elsewhere: "trained in another process" };

/** What a state is called. */
export function wordsOf(state) {
  return WORDS[state] ?? state ?? "";
}

/** `onChoose(run)` and `onDelete(run)` are asked for by name, and `onMore(run)` for the runs that are older than one. */
export class RunList {
  #list = found("runs");
  #items = new Map(); // by name; items are changed and not made anew, so that the focus stays where it is
  #onChoose;
  #onDelete;
  #oldest = ""; // of those that are listed

  constructor({ onChoose, onDelete, onMore }) {
    this.#onChoose = onChoose;
    this.#onDelete = onDelete;
    found("more-runs").addEventListener("click", () => onMore(this.#oldest));
    this.show([], null);
  }

  show(runs, chosen, more = 0) {
    this.#oldest = runs.at(-1)?.run ?? "";
    const names = new Set(runs.map(({ run }) => run));
    for (const [name, item] of this.#items) {
      if (names.has(name)) continue;
      item.element.remove();
      this.#items.delete(name);
    }
    found("runs-card").classList.toggle("is-empty", runs.length === 0);
    runs.forEach((run, at) => {
      const item = this.#items.get(run.run) ?? this.#make(run.run);
      if (this.#list.children[at] !== item.element) this.#list.insertBefore(item.element, this.#list.children[at] ?? null);
      this.#write(item, run, run.run === chosen);
    });
    found("more-runs").hidden = more === 0;
    tell(found("more-runs"), more ? `Show more: ${number(more)} are older` : "");
  }

  #make(name) {
    const title = made("span", { className: "name", text: plainWords(name, 64) });
    const state = made("span", { className: "state" });
    const facts = made("span", { className: "hint" });
    const choose = made("button", { type: "button", className: "choice", on: { click: () => this.#onChoose(name) } });
    choose.append(title, state, facts);
    const remove = made("button", { type: "button", className: "quiet", text: "Delete", "aria-label": `Delete ${name}` });
    careful(remove, "Really delete?", () => this.#onDelete(name));
    const element = made("li", { className: "run" }, choose, remove);
    const item = { element, choose, state, facts, remove };
    this.#items.set(name, item);
    return item;
  }

  #write({ choose, state, facts, remove, element }, run, isChosen) {
    element.classList.toggle("chosen", isChosen);
    choose.setAttribute("aria-current", isChosen ? "true" : "false");
    tell(state, wordsOf(run.state));
    state.dataset.state = run.state;
    tell(facts, `${plainWords(run.algo, 40)} · ${plainWords(run.env, 60)} · seed ${plainWords(run.seed, 20)} · ${shortNumber(run.episode)} episodes`);
    remove.hidden = ACTIVE.includes(run.state) || run.state === "elsewhere";
  }
}
