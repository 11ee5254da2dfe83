// Which other runs are drawn beside one: those that differ by their seed alone, until somebody chooses. Knows no chart.

import { found, made } from "./elements.js";
import { plainWords } from "./words.js";

/** `onChange()` is called when somebody has chosen. */
export class Compared {
  #box = found("compared");
  #list = found("compared-list");
  #chosen = new Map(); // by the pair of runs: whether it is drawn, where somebody said so
  #onChange;
  #said = "";

  constructor(onChange) {
    this.#onChange = onChange;
  }

  /** Offer the others of a run, `[{run, label, isUsual, curve}]`; return those that are to be drawn. */
  show(name, others) {
    const said = JSON.stringify([name, others.map(({ run, label }) => [run, label])]);
    if (said !== this.#said) {
      this.#said = said;
      this.#box.hidden = others.length === 0;
      this.#list.replaceChildren(...others.map((other) => this.#item(name, other)));
    }
    return others.filter((other) => this.#isDrawn(name, other));
  }

  #item(name, other) {
    const box = made("input", { type: "checkbox" });
    box.checked = this.#isDrawn(name, other);
    box.addEventListener("change", () => {
      this.#chosen.set(pair(name, other), box.checked);
      this.#onChange();
    });
    return made("label", {}, box, made("bdi", { text: `${plainWords(other.run, 64)}, ${plainWords(other.label, 80)}` }));
  }

  #isDrawn(name, other) {
    return this.#chosen.get(pair(name, other)) ?? other.isUsual;
  }
}

function pair(name, { run }) {
  return `${name}\n${run}`;
}
