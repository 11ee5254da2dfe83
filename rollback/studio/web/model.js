// What the studio has told so far: runs, their curves, their checkpoints, what can be trained. Shows nothing, asks nothing.

import { Curve } from "./curve.js";

const PICTURES = 8; // runs whose newest picture is kept

export class Model {
  algorithms = [];
  limits = {};
  more = 0; // older runs that are not listed
  runs = new Map(); // by name, newest first
  checkpoints = new Map(); // by run
  #curves = new Map();
  #pictures = new Map(); // by run

  /** Take the snapshot that comes with each connection; what is not in it is gone. */
  begin({ algorithms = [], limits = {}, runs = [], more_runs: more = 0, curves = {} }) {
    this.algorithms = algorithms;
    this.limits = limits;
    this.more = more;
    this.runs = new Map(runs.map((run) => [run.run, run]));
    this.#curves = new Map();
    for (const [name, curve] of Object.entries(curves)) this.curve(name).begin(curve);
    for (const name of [...this.checkpoints.keys()]) if (!this.runs.has(name)) this.checkpoints.delete(name);
  }

  /** Take older runs that were not listed. */
  extend({ runs = [], more_runs: more = 0 }) {
    this.more = more;
    for (const run of runs) if (!this.runs.has(run.run)) this.runs.set(run.run, run);
  }

  /** Take the facts of a run; return those that were known before. */
  take(run) {
    const before = this.runs.get(run.run) ?? null;
    this.runs = before
      ? this.runs.set(run.run, run)
      : new Map([[run.run, run], ...this.runs]);
    return before;
  }

  /** Keep the newest picture of a run: a studio sends none of one that rests. */
  keepPicture(name, picture) {
    this.#pictures.delete(name);
    this.#pictures.set(name, picture);
    if (this.#pictures.size > PICTURES) this.#pictures.delete(this.#pictures.keys().next().value);
  }

  picture(name) {
    return this.#pictures.get(name) ?? null;
  }

  forgetPicture(name) {
    this.#pictures.delete(name);
  }

  forget(name) {
    this.runs.delete(name);
    this.#pictures.delete(name);
    this.#curves.delete(name);
    this.checkpoints.delete(name);
  }

  curve(name) {
    if (!this.#curves.has(name)) this.#curves.set(name, new Curve());
    return this.#curves.get(name);
  }

  /** Take episodes of a run; those of an agent that was replaced since are left out. */
  add({ run, generation, rows }) {
    const curve = this.curve(run);
    if (curve.size === 0) curve.generation = generation;
    if (curve.generation === generation) curve.add(rows);
  }

  /** The runs of the same algorithm and environment, with their curves; usual ones differ in nothing but the seed. */
  siblings(name) {
    const run = this.runs.get(name);
    if (!run) return [];
    const same = [...this.runs.values()].filter((other) => other.run !== name && other.algo === run.algo && other.env === run.env);
    const others = same.map((other) => {
      const isUsual = whatOf(other) === whatOf(run);
      return { run: other.run, label: `seed ${other.seed}${isUsual ? "" : ", other parameters"}`, isUsual, curve: this.curve(other.run) };
    });
    return others.filter(({ curve }) => curve.size > 0);
  }
}

function whatOf({ algo, env, parameters }) {
  return JSON.stringify([algo, env, Object.entries(parameters ?? {}).sort()]);
}
