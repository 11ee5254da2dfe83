// How the match goes on the wire: a word, its reason, a few numbers and a small live graph. Knows statistics, no network.

import { found, made } from "./elements.js";
import { keepFolded, wasFolded } from "./visit.js";

const SAMPLES = 160; // four a second: the last 40 seconds
const WORDS = { good: ["●", "good"], fair: ["▲", "fair"], poor: ["■", "poor"] }; // shape and word: not by colour alone
const DETOUR = "through the lobby, not directly";
const DROPPED_FOR = 40; // samples that it is told for that something was dropped: ten seconds
const LEAST_RTT = 100; // ms at the top of the graph, at least
const LEAST_ROLLBACKS = 10; // a second, the same

const NUMBERS = {
  rtt: ["Round trip", ({ rtt_ms }) => withUnit(rtt_ms, 0, "ms")],
  rollbacks: ["Rollbacks", ({ rollbacks_per_second }) => withUnit(rollbacks_per_second, 1, "/s")],
  depth: ["Depth", ({ depth }) => (depth ? `${depth.last ?? 0}, most ${depth.max ?? 0}` : "–")],
  stalls: ["Stalls", ({ stalls }) => withUnit(stalls, 0)],
  ahead: ["Ahead", ({ frames_ahead }) => signed(frames_ahead)],
};

/** Shows statistics as they come, four times a second; can be folded away, and remembers that. */
export class Overlay {
  #details = found("overlay");
  #mark = found("quality-mark");
  #word = found("quality");
  #brief = found("quality-brief");
  #why = found("why");
  #graph = found("graph");
  #numbers = new Map();
  #samples = [];
  #stalls = 0;
  #dropped = 0; // datagrams, as of the newest sample
  #droppedAgo = Infinity; // samples

  constructor() {
    const list = found("numbers");
    for (const [key, [title]] of Object.entries(NUMBERS)) {
      const value = made("dd", { text: "–" });
      this.#numbers.set(key, value);
      list.append(made("div", {}, made("dt", { text: title }), value));
    }
    const isPhone = window.matchMedia("(max-width: 45rem), (max-height: 30rem)").matches;
    this.#details.open = !(wasFolded() ?? isPhone);
    this.#details.addEventListener("toggle", () => {
      keepFolded(!this.#details.open);
      this.#draw();
    });
  }

  /** The samples of the graph, oldest first. */
  get samples() {
    return [...this.#samples];
  }

  show(stats) {
    const tooSlow = this.#tooSlow(stats);
    const told = Object.hasOwn(WORDS, stats.quality) ? stats.quality : "good";
    const quality = tooSlow && told === "good" ? "fair" : told;
    [this.#mark.textContent, this.#word.textContent] = WORDS[quality];
    this.#details.dataset.quality = quality;
    this.#brief.textContent = withUnit(stats.rtt_ms, 0, "ms");
    this.#why.textContent = [stats.why, stats.path === "relay" && DETOUR, tooSlow].filter(Boolean).join(" · ");
    for (const [key, [, words]] of Object.entries(NUMBERS)) this.#numbers.get(key).textContent = words(stats);
    const stalled = stats.stalls > this.#stalls;
    this.#stalls = stats.stalls ?? 0;
    this.#samples.push({ rtt: stats.rtt_ms ?? 0, rollbacks: stats.rollbacks_per_second ?? 0, ahead: stats.frames_ahead ?? 0, stalled });
    if (this.#samples.length > SAMPLES) this.#samples.shift();
    this.#draw();
  }

  clear() {
    this.#samples = [];
    this.#stalls = 0;
    this.#droppedAgo = Infinity;
    this.#mark.textContent = this.#word.textContent = this.#brief.textContent = this.#why.textContent = "";
    delete this.#details.dataset.quality;
    for (const value of this.#numbers.values()) value.textContent = "–";
    this.#draw();
  }

  /** Say for a while that the lobby's line, ours to it or its to us, took too little. */
  #tooSlow({ dropped = 0 }) {
    if (dropped > this.#dropped) this.#droppedAgo = 0;
    this.#dropped = dropped;
    this.#droppedAgo += 1;
    if (this.#droppedAgo > DROPPED_FOR) return "";
    return `the line through the lobby is too slow: ${dropped} ${dropped === 1 ? "datagram" : "datagrams"} dropped`;
  }

  /** Bars are rollbacks a second, the line is the round trip, a notch at the top is a stall. */
  #draw() {
    if (!this.#details.open) return;
    const { clientWidth, clientHeight } = this.#graph;
    const width = (this.#graph.width = Math.max(1, Math.round(clientWidth * devicePixelRatio)));
    const height = (this.#graph.height = Math.max(1, Math.round(clientHeight * devicePixelRatio)));
    const surface = this.#graph.getContext("2d");
    const colours = getComputedStyle(this.#graph);
    const colour = (name) => colours.getPropertyValue(name).trim();
    const most = (key, least) => Math.max(least, ...this.#samples.map((sample) => sample[key]));
    const [mostRollbacks, mostRtt] = [most("rollbacks", LEAST_ROLLBACKS), most("rtt", LEAST_RTT)];
    const step = width / SAMPLES;
    const left = width - this.#samples.length * step;
    const notch = 4 * devicePixelRatio;
    this.#samples.forEach(({ rollbacks, stalled }, place) => {
      surface.fillStyle = colour("--graph-bar");
      const tall = (rollbacks / mostRollbacks) * (height - notch);
      surface.fillRect(left + place * step, height - tall, Math.max(1, step * 0.8), tall);
      surface.fillStyle = colour("--poor");
      if (stalled) surface.fillRect(left + place * step, 0, Math.max(2, step), notch);
    });
    surface.strokeStyle = colour("--graph-line");
    surface.lineWidth = 1.5 * devicePixelRatio;
    surface.lineJoin = "round";
    surface.beginPath();
    this.#samples.forEach(({ rtt }, place) => {
      surface.lineTo(left + (place + 0.5) * step, height - 1 - (rtt / mostRtt) * (height - notch - 2));
    });
    surface.stroke();
  }
}

function withUnit(value, digits, unit = "") {
  return Number.isFinite(value) ? `${value.toFixed(digits)}${unit && ` ${unit}`}` : "–";
}

function signed(value) {
  if (!Number.isFinite(value)) return "–";
  return `${value > 0 ? "+" : value < 0 ? "−" : ""}${Math.abs(value).toFixed(1)}`;
}
