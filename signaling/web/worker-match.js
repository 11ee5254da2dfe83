// The match in this worker: what the page says goes to Python in order, and what Python says to the page. Knows no game.
//
// A payload is {text, data, channel}: `text` JSON, `data` bytes beside it, `channel` a data channel that moved here.

import { MovedChannel, RelayedChannel } from "./worker-channel.js";
import { describeError } from "./worker-protocol.js";

const MOST_WAITING = 10_000; // messages until Python is ready
const LATEST_WINS = new Set(["keys", "visible"]); // of what waits
const ENVIRONMENT = /^(gym|pettingzoo):/; // games that bring packages along

export class WorkerMatch {
  #post;
  #tellProgress;
  #runtime = null;
  #port = null; // `rollback.net.page_port.PagePort`
  #waiting = []; // [message, data, channel] until Python takes it
  #runs = false;
  #isBusy = false; // packages are on their way: what comes meanwhile waits
  #relayed = new Map(); // "peer number" -> RelayedChannel

  /** `post(payload, transfer)` reaches the page; `tellProgress(stage, message, bytes)` hears of packages. */
  constructor(post, tellProgress) {
    this.#post = post;
    this.#tellProgress = tellProgress;
  }

  /** True once a message came: then the page listens to what a match says. */
  get runs() {
    return this.#runs;
  }

  /** Take a message of the page. Called in the task in which it arrives: a channel is listened to from then on. */
  receive({ text, data, channel }) {
    this.#runs = true;
    try {
      this.#take(JSON.parse(text) ?? {}, text, data, channel);
    } catch (error) {
      this.fail(error); // what escapes here would end the worker
    }
  }

  /** Python is here: import what a match needs, and hand over what waits. */
  start(runtime) {
    this.#runtime = runtime;
    const start = runtime.pyodide.runPython("from rollback.netplay.in_worker.entry import start; start");
    try {
      this.#port = start((text, data) => this.#say(text, data), JSON.stringify(runtime.manifest.games ?? {}));
    } finally {
      start.destroy();
    }
    this.#goOn();
  }

  /** Tell the page what went wrong. */
  fail(error) {
    const { name, message, stack } = describeError(error);
    this.#say(JSON.stringify({ tell: "failed", name, message, traceback: stack }));
  }

  #take(message, text, data, channel) {
    if (message.do === "channelEvent") return this.#relay(message, data);
    const kept = message.do === "channel" ? this.#channelOf(message, channel) : undefined;
    if (this.#port && !this.#isBusy) return this.#pass(text, message, data, kept);
    if (LATEST_WINS.has(message.do)) this.#waiting = this.#waiting.filter((other) => other.message.do !== message.do);
    if (this.#waiting.length < MOST_WAITING) this.#waiting.push({ text, message, data, channel: kept });
  }

  #goOn() {
    while (!this.#isBusy && this.#waiting.length > 0) {
      const { text, message, data, channel } = this.#waiting.shift();
      this.#pass(text, message, data, channel);
    }
  }

  #pass(text, message, data, channel) {
    const packages = message.do === "begin" ? this.#needs(message.game) : [];
    if (packages.length > 0) return this.#install(packages, { text, message, data, channel });
    try {
      if (channel) this.#port.take_channel(message.peer, message.number, channel);
      else this.#port.take(text, data);
    } catch (error) {
      this.fail(error);
    }
  }

  /** Return the packages that a game needs and that are not here yet. */
  #needs(game) {
    const { games = {}, needs = [] } = this.#runtime.manifest;
    const full = (Object.hasOwn(games, game) && games[game].full) || String(game);
    if (!ENVIRONMENT.test(full)) return [];
    return needs.filter((name) => !Object.hasOwn(this.#runtime.pyodide.loadedPackages, name));
  }

  async #install(packages, begin) {
    this.#isBusy = true;
    try {
      await this.#runtime.install(packages, this.#tellProgress);
      this.#waiting.unshift(begin);
    } catch (error) {
      this.fail(error);
    }
    this.#isBusy = false;
    this.#goOn();
  }

  #channelOf({ peer, number, relayed }, channel) {
    if (!relayed) return new MovedChannel(channel);
    const made = new RelayedChannel((data) => this.#say(JSON.stringify({ tell: "channelSend", peer, number }), data));
    this.#relayed.set(`${peer} ${number}`, made);
    return made;
  }

  #relay({ peer, number, event, amount }, data) {
    this.#relayed.get(`${peer} ${number}`)?.happened(event, amount, data);
    if (event === "close") this.#relayed.delete(`${peer} ${number}`);
  }

  #say(text, data) {
    this.#post({ text, data }, data ? [data.buffer] : []);
  }
}
