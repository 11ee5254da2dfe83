// What the page's interface talks to: a place in a room, Python in a worker, and the match between the two. Knows no
// document. The lobby and the connections live here, all else in the worker; this hands over what goes to and fro.

import { Lobby } from "./lobby.js";
import { Peers } from "./peer.js";
import { PyodideWorker } from "./pyodide-worker.js";
import { plainWords } from "./words.js";

const LEAVE_WITHIN = 1500; // ms for the goodbye to the other players
const NEWS_KEPT = 20; // for `facts`
const OWN_CODES = ["unreachable", "none"]; // of a LobbyError, besides `lost` and `timeout`, that no lobby said

/** What is known of a match before it begins. */
const FRESH = Object.freeze({ begun: null, picture: null, pictures: 0, stats: null, news: [], ended: null, failed: null });

/** What `begin` asks for where nothing else is said. */
const SETTINGS = Object.freeze({ bot: null, latency_ms: 0, jitter_ms: 0, loss: 0, transport: "auto", ice_servers: [] });

/**
 * ```js
 * const client = new Client();
 * client.on.picture = ({ primitives }) => ...;
 * client.load();
 * await client.join({ room: "K7QW-3MZP", name: "ann" });
 * client.begin({ mode: "play" });
 * ```
 *
 * `create` and `join` reject with an error that has a `code` and one sentence as its `message`.
 */
export class Client {
  /** Callbacks, each called with one plain object: progress, room, begun, picture, stats, news, data, ended, failed, state. */
  on = {};

  #python;
  #lobby = new Lobby(() => this.#roomChanged());
  #peers;
  #facts = { progress: null, ...FRESH };
  #engine = "idle"; // idle -> loading -> ready | failed
  #shown = ""; // the state that was told last
  #begin = null; // what the worker is to be told when it is ready, and the bytes beside it
  #begun = false;
  #entering = false;
  #left = null; // called when the worker said its goodbye

  /** `transfer` false keeps data channels on the page; `manifest` is where the worker finds what it loads. */
  constructor({ transfer = true, manifest = undefined, worker = undefined } = {}) {
    this.#peers = new Peers((message, data, channel) => this.#tellWorker(message, data, channel), { transfer });
    this.#python = new PyodideWorker({
      ...(worker && { url: worker }),
      onProgress: (progress) => this.#tell("progress", progress),
      onMatch: (payload) => this.#hear(payload),
      onEnd: (error) => this.#fail(error),
    });
    this.manifest = manifest;
    addEventListener("pagehide", () => this.#depart());
    addEventListener("pageshow", ({ persisted }) => persisted && location.reload()); // it comes back as the same member
    document.addEventListener("visibilitychange", () => this.#say({ do: "visible", visible: isVisible() }));
  }

  /** The room, null outside: {room, link, invite, me, members, players, game, seat, locked, match, watching, connected}. */
  get room() {
    return this.#lobby.view;
  }

  /** Everything that was told last, as one plain object. */
  facts() {
    const { over } = this.#lobby;
    const lost = this.room && over ? { code: over.code, message: over.message } : null;
    return { ...this.#facts, state: this.#state(), room: this.room, lost, ...this.#peers.facts };
  }

  /** Load Python and the engine; what fails is told to `on.failed`. */
  load() {
    if (this.#engine !== "idle") return;
    this.#engine = "loading";
    this.#stateChanged();
    this.#python.init(this.manifest && { manifest: this.manifest }).then(
      () => {
        this.#engine = "ready";
        this.#stateChanged();
        this.#start();
      },
      () => {}, // told by onEnd
    );
  }

  /** Open a room and enter it. */
  async create({ game = "", players = null, name = "" } = {}) {
    return this.#enter(() => this.#lobby.create({ game, players, name }));
  }

  /** Enter a room, as the member that this tab was there before if it was. */
  async join({ room, name = "", spectate = false, token = null }) {
    return this.#enter(() => this.#lobby.join({ room, name, spectate, token }));
  }

  /** Return a link that lets a player into the room for a few minutes, also while it is locked. */
  invitation = () => this.#lobby.invitation();

  /** Begin the match of the room, or to watch it, once the engine is ready: see `SETTINGS`; `agent` {name, data} is the bot. */
  begin(settings = {}) {
    const room = this.room;
    const mode = room?.seat === null ? "watch" : "play";
    this.#prepare({ mode, game: room?.game ?? "", ...settings });
  }

  /** Begin a match without a room, against bots. */
  solo(settings) {
    this.#prepare({ ...settings, mode: "solo" });
  }

  /** Say which keys are held, the newest last. */
  keys(held) {
    this.#say({ do: "keys", held });
  }

  /** Pause the match for all, or go on. */
  pause() {
    this.#say({ do: "pause" });
  }

  /** Ask for another match. */
  again() {
    this.#say({ do: "again" });
  }

  /** Leave the match and the room for good, so that the others know at once. */
  async leave() {
    if (this.#begun) {
      const left = new Promise((resolve) => {
        this.#left = resolve;
        setTimeout(resolve, LEAVE_WITHIN);
      });
      this.#say({ do: "leave" });
      await left;
    }
    this.#stop();
    await this.#lobby.leave();
  }

  async #enter(enter) {
    if (this.#entering) throw Object.assign(new Error("This page enters a room already: wait a moment."), { code: "entering" });
    this.load();
    this.#entering = true;
    try {
      if (this.#engine !== "failed") await enter();
    } catch (error) {
      if (this.#engine !== "failed") throw error;
    } finally {
      this.#entering = false;
    }
    if (this.#engine !== "failed") return this.room;
    this.#lobby.depart(); // nobody is to wait for a player that cannot play
    throw Object.assign(new Error(this.#facts.failed.message), { code: "engine" });
  }

  #prepare({ agent, ...settings }) {
    if (this.#engine === "failed") return; // told already
    this.load();
    Object.assign(this.#facts, FRESH);
    const bot = agent && { bot: "agent", agent: { name: agent.name } };
    this.#begin = { message: { do: "begin", ...SETTINGS, ...settings, ...bot }, data: agent?.data };
    this.#start();
  }

  /** Tell the worker to begin, and all that came from the lobby since we are in the room. */
  #start() {
    if (this.#engine !== "ready" || !this.#begin) return;
    const { message, data } = this.#begin;
    this.#begin = null;
    this.#begun = true;
    this.#tellWorker(message, data);
    this.#tellWorker({ do: "visible", visible: isVisible() });
    if (message.mode === "solo") return;
    this.#lobby.listen((event, payload, data) => {
      const again = event === "welcome" ? payload.again : undefined;
      this.#tellWorker({ do: "lobby", event, payload, again }, data);
    });
  }

  #stop() {
    this.#begin = null;
    this.#begun = false;
    this.#left = null;
    this.#lobby.listen(null);
    this.#peers.close();
  }

  #say(message) {
    if (this.#begun) this.#tellWorker(message);
  }

  /** Send a message to the worker; throws only where a channel cannot be moved. */
  #tellWorker(message, data, channel) {
    if (this.#engine !== "ready") return;
    const transfer = channel ? [channel] : [];
    if (data && data.byteLength === data.buffer.byteLength) transfer.push(data.buffer);
    this.#python.tellMatch({ text: JSON.stringify(message), data, channel }, transfer);
  }

  #hear({ text, data }) {
    const { tell, ...told } = JSON.parse(text);
    switch (tell) {
      case "ask":
        return this.#ask(told);
      case "relay":
        return this.#lobby.relay(told.to, data);
      case "feed":
        return this.#lobby.feed(data);
      case "peer":
        return this.#peers.order(told);
      case "channelSend":
        return this.#peers.send(told, data);
      case "leaveLobby":
        this.#peers.close();
        this.#left?.();
        return this.#lobby.leave();
      case "begun": // also a rematch, of which nothing is known yet
        Object.assign(this.#facts, { picture: null, stats: null, ended: null });
        return this.#tell(tell, told);
      case "stats":
        return this.#tell(tell, { ...told, dropped: this.#lobby.dropped });
      case "picture":
        this.#facts.pictures += 1;
        return this.#tell(tell, data ? { ...told, data } : told);
      case "news":
        this.#facts.news = [...this.#facts.news, told].slice(-NEWS_KEPT);
        return this.#call(tell, told);
      case "data":
        return this.#call(tell, { ...told, data }); // of a study; not kept, for it is uploaded
      case "ended":
        return this.#tell(tell, data ? { ...told, data } : told);
      case "failed":
        return this.#tell(tell, told);
    }
  }

  async #ask({ ask, event, payload }) {
    try {
      this.#tellWorker({ do: "answer", ask, result: await this.#lobby.ask(event, payload) });
    } catch ({ code, message }) {
      // What the page says itself is no refusal of the lobby.
      const told = !code || OWN_CODES.includes(code) ? "lost" : code;
      this.#tellWorker({ do: "answer", ask, error: { code: told, sentence: message } });
    }
  }

  /** The worker is gone: say so, and leave the seat to whoever can play. */
  #fail(error) {
    this.#engine = "failed";
    this.#stop();
    this.#facts.failed = { name: error.name, message: plainWords(error.message), traceback: error.stack ?? "" };
    this.#lobby.depart();
    this.#stateChanged();
    this.#call("failed", this.#facts.failed);
  }

  /** The page goes: the others hear it at once, and the way back is kept, for it may only be loaded again. */
  #depart() {
    this.#stop();
    this.#engine = "idle"; // whatever is still on its way has nobody to reach
    this.#lobby.depart();
    this.#python.destroy();
  }

  #roomChanged() {
    this.#stateChanged();
    this.#call("room", this.room);
  }

  #state() {
    return { engine: this.#engine, lobby: this.room ? (this.#lobby.connected ? "connected" : "lost") : "none" };
  }

  #stateChanged() {
    const state = this.#state();
    const shown = JSON.stringify(state);
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.#call("state", state);
  }

  #tell(name, told) {
    this.#facts[name] = told;
    this.#call(name, told);
  }

  #call(name, told) {
    try {
      this.on[name]?.(told);
    } catch (error) {
      reportError(error); // the listener's own mistake harms nobody else
    }
  }
}

function isVisible() {
  return document.visibilityState === "visible";
}
