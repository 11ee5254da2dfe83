// The form of a training: what is trained, its parameters with their limits, how long. Locked where they cannot change.

import { found, tell } from "./elements.js";
import { Field } from "./field.js";
import { plainWords } from "./words.js";

const ID = /^[a-z0-9][a-z0-9_-]{0,63}$/;
const SEEDS = 2 ** 53 - 1;

/** `onStart(fields)` and `onAnother()` are what its buttons ask for; `onWhat(algo, env)` tells of another choice. */
export class Settings {
  #algorithms = [];
  #limits = { episodes: 100_000_000 };
  #what = {};
  #parameters = [];
  #length = {};
  #run = null;
  #onWhat;

  constructor({ onStart, onAnother, onWhat }) {
    this.#onWhat = onWhat;
    found("settings").addEventListener("submit", (event) => {
      event.preventDefault();
      const fields = this.fields();
      if (fields) onStart(fields);
    });
    found("another").addEventListener("click", onAnother);
  }

  /** Learn what can be trained. */
  offer(algorithms, limits) {
    const said = JSON.stringify([algorithms, limits]);
    if (said === this.said) return; // what somebody typed stays, also when the connection was lost
    this.said = said;
    this.#algorithms = algorithms.filter((each) => !each.problem);
    this.#limits = { ...this.#limits, ...limits };
    if (this.#algorithms.length === 0) return;
    this.#choose(this.#algorithms[0].name);
    this.#lengthFields();
  }

  get algo() {
    return this.#what.algo?.value;
  }

  get env() {
    return this.#what.env?.value;
  }

  /** Show what a run was made with, and lock it; null: a new training, with what is shown now. */
  show(run, { isActive = false } = {}) {
    const changed = run?.run !== this.#run?.run;
    this.#run = run;
    if (run && changed) this.#fill(run);
    for (const field of [this.#what.algo, this.#what.env, ...this.#parameters, this.#length.seed, this.#length.run]) {
      if (field) field.isLocked = Boolean(run);
    }
    if (this.#length.episodes) this.#length.episodes.isLocked = isActive;
    found("settings").classList.toggle("locked", Boolean(run));
    found("another").hidden = !run;
    const why = isActive
      ? "Locked while it trains. A new training can be started beside it."
      : "A run keeps its parameters. A new training begins with a copy of them.";
    tell(found("settings-told"), run ? why : "");
    if (!run && changed && this.#length.run) this.#length.run.set("");
  }

  /** Return all fields as `start` takes them, or null after showing what is wrong. */
  fields() {
    const all = [this.#what.algo, this.#what.env, ...this.#parameters, ...Object.values(this.#length)].filter(Boolean);
    const wrong = all.filter((field) => !field.check());
    if (wrong.length) {
      wrong[0].focus();
      return null;
    }
    return Object.fromEntries(all.map((field) => [field.name, field.value]).filter(([, value]) => value !== undefined));
  }

  /** The episodes as they stand in the form; undefined where that is no number allowed. */
  get episodes() {
    return this.#length.episodes?.check() ? this.#length.episodes.value : undefined;
  }

  #fill(run) {
    if (!this.#algorithms.some(({ name }) => name === run.algo)) return;
    this.#choose(run.algo, run.env);
    for (const field of this.#parameters) if (run.parameters?.[field.name] !== undefined) field.set(run.parameters[field.name]);
    this.#length.seed?.set(run.seed);
    this.#length.episodes?.set(run.episodes);
    this.#length.run?.set(run.run);
  }

  #choose(name, environment = undefined) {
    const algorithm = this.#algorithms.find((each) => each.name === name) ?? this.#algorithms[0];
    const environments = [...algorithm.environments];
    if (environment && !environments.includes(environment)) environments.push(environment); // of a run made elsewhere
    const algo = new Field(
      { name: "algo", label: "Algorithm", choices: this.#algorithms.map((each) => each.name), default: algorithm.name },
      { onChange: (field) => this.#chosen(field) },
    );
    const env = new Field(
      { name: "env", label: "Environment", choices: environments, default: environment ?? environments[0] },
      { onChange: () => this.#onWhat() },
    );
    this.#what = { algo, env };
    found("what").replaceChildren(legendOf("what"), algo.element, env.element);
    this.#parameters = algorithm.parameters.map((parameter) => new Field({ isNeeded: true, ...parameter }));
    found("parameters").replaceChildren(legendOf("parameters"), ...this.#parameters.map(({ element }) => element));
  }

  #chosen(field) {
    this.#choose(field.value);
    this.#what.algo.focus();
    this.#onWhat();
  }

  #lengthFields() {
    const episodes = { name: "episodes", label: "Episodes", default: 0, least: 0, greatest: this.#limits.episodes, whole: true };
    const seed = { name: "seed", label: "Seed", default: 1, least: 0, greatest: SEEDS, whole: true, isNeeded: true };
    const run = { name: "run", label: "Name of the run", default: "", pattern: ID, hint: "made for you" };
    this.#length = {
      episodes: new Field({ ...episodes, help: "After so many it is finished; 0: it goes on until it is stopped", isUsualTold: false }),
      seed: new Field({ ...seed, help: "The same seed trains the very same agent", isUsualTold: false }),
      run: new Field({ ...run, help: "", wanted: "A name has 1 to 64 of a-z, 0-9, - and _, the first a letter or a digit." }),
    };
    found("length").replaceChildren(legendOf("length"), ...Object.values(this.#length).map(({ element }) => element));
  }
}

function legendOf(id) {
  return found(id).querySelector("legend");
}

/** Return what is wrong with a name that a person gives, an empty text if nothing is. */
export function problemOfName(name) {
  return ID.test(name) ? "" : `${plainWords(name, 40) || "This"} is no name: take 1 to 64 of a-z, 0-9, - and _.`;
}
