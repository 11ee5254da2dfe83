// One connection to the lobby, from its opening to its end. Knows Socket.IO; knows no rooms.

import { LobbyError } from "./lobby-error.js";
import { plainWords } from "./words.js";

const MANIFEST = "/assets/manifest.json";
const LIBRARY = "socket.io-client"; // its key in the manifest
const MODULE = "socket.io.esm.min.js";
const ANSWER_WITHIN = 10_000; // ms, to open as well
const PACKETS_WAITING = 32; // between us and the socket; two make a datagram
const BYTES_WAITING = 64 * 1024; // in the socket: what waits longer is better folded into the next datagram
const FEEDS_WAITING = 2048; // messages of a feed: a keyframe of 16 MiB has 1,400, and needs each of them
const LOOK_AGAIN = 10; // ms until another look at a socket that was full, of which no event tells

let library = null; // the promise of the module, once it is wanted

/** Load the pinned client of Socket.IO from this server, once. */
export function loadSocketIo() {
  library ??= importLibrary().catch((error) => {
    library = null; // another try may find it
    throw error;
  });
  return library;
}

export class LobbyLink {
  #socket;
  #onEvent;
  #onLost;
  #feeds = []; // messages that wait for their turn
  #looking = null; // the timer of the next look
  #asked = new Set(); // the reject of each request that waits for its answer
  #over = false;

  /** Use `open`. */
  constructor(socket, onEvent, onLost) {
    this.#socket = socket;
    this.#onEvent = onEvent;
    this.#onLost = onLost;
    socket.onAny((event, payload) => this.#over || this.#onEvent(event, payload ?? {}));
    socket.on("disconnect", () => this.#lose());
  }

  /**
   * Connect; `onEvent(event, payload)` is called as events arrive, `onLost()` once when the connection ends, unless
   * `close` ended it. Rejects with a LobbyError.
   */
  static async open({ onEvent, onLost }) {
    const { io } = await loadSocketIo();
    const socket = io(location.origin, {
      transports: ["websocket"],
      reconnection: false, // the lobby comes back with its resume token, on a new link
      forceNew: true,
      timeout: ANSWER_WITHIN,
    });
    const link = new LobbyLink(socket, onEvent, onLost);
    const opened = await new Promise((resolve) => {
      socket.once("connect", () => resolve(true));
      socket.once("connect_error", () => resolve(false));
      setTimeout(() => resolve(socket.connected), ANSWER_WITHIN); // something that takes connections and says nothing
      const { transport } = socket.io.engine ?? {};
      if (transport && !transport.ws) resolve(false); // no WebSocket may be made here, and no event tells so
    });
    if (!opened) {
      link.close();
      throw await explained();
    }
    return link;
  }

  /**
   * Send an event and resolve with the answer. `then` is called with a good answer before any event that arrives after
   * it. Rejects with a LobbyError: the lobby's own code, or `lost` or `timeout`.
   */
  ask(event, payload = {}, { then = null, within = ANSWER_WITHIN } = {}) {
    if (this.#over || !this.#socket.connected) return Promise.reject(lostError());
    return new Promise((resolve, reject) => {
      const done = (settle, value) => {
        clearTimeout(timer);
        this.#asked.delete(refuse);
        settle(value);
      };
      const refuse = (error) => done(reject, error);
      const slow = () => refuse(new LobbyError("timeout", `The lobby did not answer within ${within / 1000} s: try again.`));
      const timer = setTimeout(slow, within);
      this.#asked.add(refuse);
      this.#socket.emit(event, payload, (answer) => {
        if (!this.#asked.has(refuse)) return; // too late
        if (answer?.ok !== true) return refuse(refusalOf(answer));
        try {
          then?.(answer);
          done(resolve, answer);
        } catch (error) {
          refuse(error);
        }
      });
    });
  }

  /** Send a datagram; false: not taken, for too much waits. */
  relay(payload) {
    if (!this.#hasRoom()) return false;
    this.#socket.emit("relay", payload);
    return true;
  }

  /** Send a message of a feed, in order and behind all datagrams; false: not taken, for too much waits. */
  feed(payload) {
    if (this.#over || this.#feeds.length >= FEEDS_WAITING) return false;
    this.#feeds.push(payload);
    this.#pump();
    return true;
  }

  /** End the connection at once; what is asked for rejects. */
  close() {
    this.#over = true;
    this.#feeds = [];
    this.#socket.disconnect();
    this.#refuseAll();
  }

  #hasRoom() {
    const engine = this.#socket.io.engine;
    if (this.#over || !this.#socket.connected || engine.writeBuffer.length > PACKETS_WAITING) return false;
    return (engine.transport?.ws?.bufferedAmount ?? 0) <= BYTES_WAITING;
  }

  #pump() {
    while (this.#feeds.length > 0 && this.#hasRoom()) this.#socket.emit("feed", this.#feeds.shift());
    if (this.#feeds.length === 0 || this.#looking !== null) return;
    this.#looking = setTimeout(() => {
      this.#looking = null;
      this.#pump();
    }, LOOK_AGAIN);
  }

  #lose() {
    if (this.#over) return;
    this.#over = true;
    this.#feeds = [];
    this.#refuseAll();
    this.#onLost();
  }

  #refuseAll() {
    for (const refuse of [...this.#asked]) refuse(lostError());
  }
}

async function importLibrary() {
  const manifest = await fetch(MANIFEST)
    .then((response) => response.json())
    .catch(() => {
      throw new LobbyError("unreachable", `The server at ${location.host} does not answer: is it still running?`);
    });
  const folder = manifest[LIBRARY];
  if (!folder) {
    const command = plainWords(manifest.command ?? "rollback fetch-assets");
    throw new LobbyError("unreachable", `This server cannot serve players in browsers yet: run \`${command}\` where it runs.`);
  }
  return import(new URL(folder + MODULE, location.origin).href).catch(() => {
    throw new LobbyError("unreachable", `The server at ${location.host} does not give its page all it needs: load it again.`);
  });
}

function refusalOf(answer) {
  if (typeof answer?.error !== "string") return new LobbyError("malformed", "The server answers, but not as a lobby does.");
  return new LobbyError(String(answer.code), plainWords(answer.error));
}

function lostError() {
  return new LobbyError("lost", "The connection to the lobby is lost.");
}

/** Return why no connection came about, after another look at the server: a browser tells nothing of it. */
async function explained() {
  const health = await fetch("/healthz", { cache: "no-store", signal: AbortSignal.timeout(3000) })
    .then((response) => response.json())
    .catch(() => null);
  if (health && "rooms" in health) {
    const why = "it has too many connections, at all or from your address";
    return new LobbyError("busy", `The lobby at ${location.host} turned this page away: ${why}. Try again later.`);
  }
  return new LobbyError("unreachable", `No lobby answers at ${location.host}: is the server still running?`);
}
