// The learning curves, drawn by uPlot where this server has it. Knows curves; knows no run's name.

import { found, made } from "./elements.js";
import { number, plainWords, shortNumber, spaced, capital } from "./words.js";

const LIBRARY = "/studio/assets/uPlot.esm.js";
const SHEET = "/studio/assets/uPlot.min.css";
const HEIGHT = 150;
const EVERY = 250; // ms between two drawings
const SEEDS = 5; // other seeds that are drawn beside
const DASHES = [[6, 4], [2, 3]];
const TELLING = ["success", "lines", "won"]; // charted first
const FURTHER = 2; // further numbers that get a chart

/** Charts of reward, steps, epsilon and whatever else an algorithm tells, such as lines. */
export class Charts {
  #library = null;
  #box = found("charts");
  #charts = new Map(); // by name of the column
  #colours;
  #shown = null;
  #drawnAt = -Infinity;
  #timer = null;
  #said = "";
  drawn = 0;

  constructor(colours) {
    this.#colours = colours;
    colours.onChange(() => this.#begin());
    new ResizeObserver(() => this.#resize()).observe(this.#box);
    this.#load();
  }

  get hasLibrary() {
    return this.#library !== null;
  }

  /** The first and the last episode that the first chart shows; null before there is one. */
  get episodes() {
    const { min, max } = [...this.#charts.values()][0]?.chart.scales.x ?? {};
    return Number.isFinite(min) ? [min, max] : null;
  }

  /** Show `{curve, siblings: [{label, curve}], label}` soon. */
  show(shown) {
    this.#shown = shown;
    if (!this.#library) return;
    this.#timer ??= setTimeout(() => this.#draw(), Math.max(0, this.#drawnAt + EVERY - performance.now()));
  }

  async #load() {
    try {
      const [module] = await Promise.all([import(LIBRARY), sheet(SHEET)]);
      this.#library = module.default;
    } catch {
      const told = found("charts-told");
      told.hidden = false;
      told.replaceChildren(
        "The charts need uPlot, which this server does not have: run ",
        made("code", { text: "rollback fetch-assets" }),
        " where it runs, and load this page again. The numbers are here all the same.",
      );
      return;
    }
    this.#begin();
  }

  #begin() {
    for (const { chart, box } of this.#charts.values()) {
      chart.destroy();
      box.remove();
    }
    this.#charts.clear();
    if (this.#shown) this.show(this.#shown);
  }

  #draw() {
    this.#timer = null;
    this.#drawnAt = performance.now();
    const { curve, siblings = [], label = "" } = this.#shown;
    const isShown = label !== "" && curve.size > 0; // empty charts would only take room
    const others = siblings.slice(0, SEEDS);
    const names = isShown ? wanted(curve) : [];
    for (const [name, { chart, box }] of this.#charts) {
      if (names.includes(name)) continue;
      chart.destroy();
      box.remove();
      this.#charts.delete(name);
    }
    for (const name of names) {
      const held = this.#charts.get(name);
      const lines = name === "reward" ? others.length : 0;
      if (held && held.lines !== lines) {
        held.chart.destroy();
        held.box.remove();
        this.#charts.delete(name);
      }
      const { chart, box } = this.#charts.get(name) ?? this.#make(name, lines, others);
      chart.setData(this.#data(name, curve, others));
      const at = names.indexOf(name); // one that was made anew goes where it was
      if (this.#box.children[at] !== box) this.#box.insertBefore(box, this.#box.children[at] ?? null);
    }
    this.#resize();
    this.#key(curve, others, label);
    this.drawn++;
  }

  #key(curve, others, label) {
    const key = found("charts-key");
    key.hidden = curve.size === 0;
    if (key.hidden) return;
    const lines = [["own", plainWords(label, 40)], ["median", "running median"]];
    others.forEach(({ label: other }, at) => lines.push([`other kind-${at % 2}`, `median of ${plainWords(other, 40)}`]));
    const said = JSON.stringify(lines);
    if (said === this.#said) return;
    this.#said = said;
    key.replaceChildren(...lines.map(([className, text]) => made("span", { className, text })));
  }

  #data(name, curve, others) {
    const own = [curve.episodes, curve.column(name)];
    if (name === "epsilon") return own;
    own.push(curve.medians(name));
    if (name !== "reward" || others.length === 0) return own;
    return this.#library.join([own, ...others.map(({ curve: other }) => begun(other, name, curve.last))]);
  }

  #make(name, lines, others) {
    const title = made("h3", { text: titleOf(name) });
    const box = made("figure", { className: "chart" }, title);
    this.#box.append(box);
    const [ink, accent, soft, grid] = ["ink", "accent", "soft", "edge"].map((colour) => this.#colours.of(colour));
    const axis = { stroke: soft, font: "11px system-ui, sans-serif", grid: { stroke: grid, width: 1 }, ticks: { stroke: grid, width: 1, size: 4 } };
    const series = [{}, { stroke: name === "epsilon" ? accent : faint(soft), width: name === "epsilon" ? 2 : 1, points: { show: false }, spanGaps: true }];
    if (name !== "epsilon") series.push({ stroke: accent, width: 2.5, points: { show: false }, spanGaps: true });
    for (let at = 0; at < lines; at++) {
      series.push({ stroke: ink, width: 1.5, dash: DASHES[at % 2], points: { show: false }, spanGaps: true, label: others[at].label });
    }
    const options = {
      width: Math.max(120, box.clientWidth),
      height: HEIGHT,
      legend: { show: false },
      cursor: { show: true, y: false, drag: { x: false, y: false } },
      scales: { x: { time: false } },
      axes: [
        { ...axis, size: 26, space: 44, values: (_, ticks) => ticks.map((tick) => (Number.isInteger(tick) ? shortNumber(tick) : "")) },
        { ...axis, size: 48, space: 28, values: (_, ticks) => ticks.map(number) },
      ],
      series,
    };
    const empty = series.map(() => []);
    const chart = new this.#library(options, empty, box);
    const told = made("figcaption", { className: "unseen", text: `${titleOf(name)} by episode; the table below has the numbers.` });
    box.append(told);
    const held = { chart, box, lines };
    this.#charts.set(name, held);
    return held;
  }

  /** Give each chart the room it has: with an odd number of them the first one has a line of its own. */
  #resize() {
    for (const { chart, box } of this.#charts.values()) {
      const width = Math.max(120, box.clientWidth);
      if (chart.width !== width) chart.setSize({ width, height: HEIGHT });
    }
  }
}

/** Which columns get a chart: an epsilon that is always 0 says nothing. */
function wanted(curve) {
  const names = ["reward", "steps"];
  if (curve.explores) names.push("epsilon");
  const telling = curve.further.filter((name) => name !== "generation"); // it only climbs
  telling.sort((a, b) => TELLING.includes(b) - TELLING.includes(a));
  return [...names, ...telling.slice(0, FURTHER)];
}

/** The medians of another run up to an episode: beside a much longer one a curve would be a sliver. */
function begun(other, name, last) {
  const end = other.episodes.findIndex((episode) => episode > last);
  const count = end < 0 ? other.episodes.length : end;
  return [other.episodes.slice(0, count), other.medians(name).slice(0, count)];
}

/** A hex colour through which others are seen: single episodes are noisy, and the median is what tells. */
function faint(colour) {
  return /^#[0-9a-f]{6}$/i.test(colour) ? `${colour}59` : colour;
}

export function titleOf(name) {
  return { reward: "Reward of an episode", steps: "Steps of an episode", epsilon: "Epsilon" }[name] ?? capital(spaced(name));
}

function sheet(href) {
  return new Promise((resolve, reject) => {
    document.head.prepend(made("link", { rel: "stylesheet", href, on: { load: resolve, error: reject } }));
  });
}
