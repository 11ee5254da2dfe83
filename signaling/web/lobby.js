// A place in a room of the lobby, kept across lost connections. Knows the room; no game, no peer and no worker.

import { LobbyError } from "./lobby-error.js";
import { LobbyLink } from "./lobby-link.js";
import { LobbyMail } from "./lobby-mail.js";
import { findWayBack, forgetWayBack, keepWayBack, releaseWayBack } from "./way-back.js";
import { plainWords } from "./words.js";

const ANSWER_WITHIN = 10_000; // ms
const COME_BACK_FOR = 300_000; // ms; a lobby that is away for longer may be away for good
const PAUSES = [50, 200, 500, 1000, 2000]; // ms between attempts to come back
const LONGEST_PAUSE = 4000; // ms, and from then on
const LARGEST_DATAGRAM = 16 * 1024; // bytes; the lobby drops what is larger
const MOST_DROPPED = 1_000_000; // datagrams at once: more is no count
const STALE = ["gone", "token", "unknown_room", "malformed"]; // a resume token that these are said of is worth nothing
const LONGEST_NAME = 1000; // characters that are sent of a name; the lobby keeps fewer

export class Lobby {
  #link = null;
  #mail = new LobbyMail();
  #onNews;
  #instance = instanceName(); // tells this page from a later one of the same member
  #view = null; // what the lobby told of the room
  #resume = "";
  #spectates = false;
  #watches = false;
  #loading = true;
  #over = null; // the error that says why there is no way back
  #waiting = new Set(); // who waits for the connection
  #dropped = 0;
  #visit = 0; // counts rooms: an attempt to come back into an earlier one ends

  /** `onNews()` is called whenever `view` has changed. */
  constructor(onNews = () => {}) {
    this.#onNews = onNews;
  }

  /** Whether the lobby can be reached now. */
  get connected() {
    return this.#link !== null;
  }

  /** Why there is no way back; null while there is one. */
  get over() {
    return this.#over;
  }

  /** What is known of the room, null outside: room, link, invite, me, members, players, game, seat, locked, match, ... */
  get view() {
    if (!this.#view) return null;
    const { room, invite, me, members, players, game, locked, match, watching } = this.#view;
    const own = members.find((member) => member.id === me.id) ?? me; // one of many who watch is not listed
    const link = `${location.origin}/?room=${encodeURIComponent(room)}`;
    const { seat } = own;
    return { room, link, invite, me: own, members, players, game, seat, locked, match, watching, connected: this.connected };
  }

  /** Datagrams of this room that were dropped, because our line to the lobby takes too little, either way. */
  get dropped() {
    return this.#dropped;
  }

  /** Hand what comes to `listener(event, payload, data)`, what has waited first; null: it waits again. */
  listen(listener) {
    this.#mail.listen(listener);
  }

  /** Open a room; rejects with a LobbyError. */
  create({ name = "", players = null, game = "", loading = true } = {}) {
    return this.#enter("create", { name: shortened(name), players, game, loading });
  }

  /** Join a room, as the member that this tab was there before if it was; rejects with a LobbyError. */
  async join({ room, name = "", spectate = false, token = null, players = null, game = "", loading = true }) {
    const resume = findWayBack(room, spectate);
    if (resume) {
      try {
        return await this.#enter("join", { room, resume, loading, spectate });
      } catch (error) {
        if (!STALE.includes(error.code)) throw error;
        forgetWayBack(room);
      }
    }
    return this.#enter("join", { room, name: shortened(name), spectate, token, players, game, loading });
  }

  /** Ask for something, as soon as there is a connection; rejects with a LobbyError, in ten seconds at the latest. */
  async ask(event, payload = {}) {
    if (event === "watch") this.#watches = payload.on ?? true;
    if (event === "loaded") this.#loading = false;
    const until = performance.now() + ANSWER_WITHIN;
    while (!this.#link) await this.#connection(until);
    return this.#link.ask(event, payload, { within: Math.max(1, until - performance.now()) });
  }

  /** Return a link that lets a player in for a few minutes, also while the room is locked; rejects with a LobbyError. */
  async invitation() {
    const { invite } = await this.ask("invite");
    if (!this.#view) throw new LobbyError("none", "You have left the room.");
    return `${this.view.link}&token=${encodeURIComponent(invite)}`;
  }

  /** Send a datagram to one member; false: not taken, so fold what it said into the next one. */
  relay(to, data) {
    if (!this.#link || data.byteLength > LARGEST_DATAGRAM) return false;
    const isTaken = this.#link.relay({ to, data });
    if (!isTaken) this.#dropped += 1;
    return isTaken;
  }

  /** Send a message of the feed to all who watch; false: not taken. */
  feed(data) {
    return data.byteLength <= LARGEST_DATAGRAM && (this.#link?.feed({ data }) ?? false);
  }

  /** Leave the room for good, so that the others know at once. Never rejects. */
  async leave() {
    const link = this.#link;
    if (this.#view) forgetWayBack(this.#view.room);
    this.#forget();
    await link?.ask("leave", {}, { within: 1000 }).catch(() => {}); // hanging up says it too, only later
    link?.close();
  }

  /** End the connection and keep the way back: the page goes, and may be loaded again. */
  depart() {
    if (this.#view) releaseWayBack(this.#view.room);
    const link = this.#link;
    this.#forget();
    link?.close();
  }

  #forget() {
    this.#visit += 1;
    this.#link = null;
    this.#view = null;
    this.#over = new LobbyError("none", "You are in no room: create or join one first.");
    this.#mail.clear();
    this.#changed();
  }

  async #enter(event, wish) {
    if (this.#view) throw new LobbyError("in_room", `You are in room ${this.#view.room} already: leave it first.`);
    const visit = ++this.#visit;
    this.#over = null;
    this.#watches = false;
    this.#dropped = 0;
    this.#loading = wish.loading;
    this.#spectates = wish.spectate ?? false;
    await this.#connect(event, { ...wish, instance: this.#instance }, visit);
    return this.view;
  }

  async #connect(event, wish, visit) {
    const link = await LobbyLink.open({
      onEvent: (name, payload) => visit === this.#visit && this.#happened(name, payload),
      onLost: () => this.#lost(link),
    });
    try {
      if (visit !== this.#visit) throw new LobbyError("lost", "The room was left meanwhile.");
      await link.ask(event, wish, { then: (answer) => this.#welcomed(answer, link, visit) });
    } catch (error) {
      if (this.#link === link) this.#link = null;
      link.close();
      throw error;
    }
  }

  #welcomed(answer, link, visit) {
    if (visit !== this.#visit) throw new LobbyError("lost", "The room was left meanwhile.");
    const again = this.#view !== null;
    this.#link = link;
    this.#view = { ...answer, room: plainWords(answer.room, 40), members: [] };
    this.#take(answer);
    this.#keep(answer.resume);
    this.#mail.put("welcome", { ...answer, again });
    this.#changed();
  }

  #happened(event, payload) {
    switch (event) {
      case "members":
        this.#take(payload);
        this.#mail.put(event, payload);
        return this.#changed();
      case "resume":
        this.#keep(payload.resume);
        return this.#mail.put(event, payload);
      case "relay": {
        const { from, data } = payload;
        return this.#mail.put(event, { from }, new Uint8Array(data));
      }
      case "feed":
        return this.#mail.put(event, {}, new Uint8Array(payload.data));
      case "dropped":
        if (payload.count > 0 && payload.count <= MOST_DROPPED) this.#dropped += payload.count;
        return;
      case "closed": // the lobby hangs up, and says why
        return this.#end(new LobbyError(String(payload.code), plainWords(payload.error)));
      case "signal":
      case "verdict":
      case "refused":
        return this.#mail.put(event, payload);
    }
  }

  #take({ members, players, game, locked, match, watching }) {
    const shown = members.map((member) => ({ ...member, name: plainWords(member.name, 64) || member.id }));
    Object.assign(this.#view, { members: shown, players, game: plainWords(game, 200), locked, match, watching });
  }

  #keep(resume) {
    this.#resume = resume;
    keepWayBack(this.#view.room, resume, this.#spectates);
  }

  #lost(link) {
    if (this.#link !== link) return; // lost before the answer: whoever waits for that is told
    this.#link = null;
    if (!this.#over) {
      this.#mail.put("lost", {});
      this.#comeBack(this.#visit);
    }
    this.#changed();
  }

  async #comeBack(visit) {
    const until = performance.now() + COME_BACK_FOR;
    for (let turn = 0; performance.now() < until; turn += 1) {
      const pause = PAUSES[turn] ?? LONGEST_PAUSE;
      await new Promise((resolve) => setTimeout(resolve, pause * (0.8 + 0.4 * Math.random()))); // not all at once
      if (visit !== this.#visit) return;
      const { room } = this.#view;
      const wish = { room, resume: this.#resume, instance: this.#instance, watch: this.#watches, loading: this.#loading };
      try {
        return await this.#connect("join", wish, visit);
      } catch (error) {
        if (visit !== this.#visit) return;
        if (["lost", "timeout", "unreachable", "busy"].includes(error.code)) continue;
        return this.#end(new LobbyError(error.code, `There is no way back into room ${room}: ${error.message}`));
      }
    }
    this.#end(new LobbyError("unreachable", `The lobby at ${location.host} was away for too long.`));
  }

  #end(error) {
    if (this.#over) return;
    this.#over = error;
    this.#mail.put("over", { code: error.code, error: error.message });
    this.#changed();
  }

  async #connection(until) {
    if (this.#over) throw this.#over;
    if (!this.#view) throw new LobbyError("none", "You are in no room: create or join one first.");
    const left = until - performance.now();
    if (left <= 0) throw new LobbyError("timeout", "The lobby cannot be reached at the moment.");
    await new Promise((resolve) => {
      const timer = setTimeout(() => wake(), left);
      const wake = () => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        resolve();
      };
      this.#waiting.add(wake);
    });
  }

  #changed() {
    for (const wake of [...this.#waiting]) wake();
    this.#onNews();
  }
}

function instanceName() {
  return Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function shortened(name) {
  return String(name ?? "").slice(0, LONGEST_NAME);
}
