// The connection to the studio, made again whenever it is lost: Socket.IO 5 over a WebSocket. Knows no run.

import { plainWords } from "./words.js";

const FIRST_PAUSE = 3000; // ms before the first try to come back
const LONGEST_PAUSE = 30_000;
const GROWTH = 1.5;
const ANSWER_WITHIN = 10_000;
// Engine.IO's packets are one digit; those of Socket.IO begin with 4 and a digit of their own.
const [OPENED, CLOSED, PING, PONG] = ["0", "1", "2", "3"];
const [ENTER, LEFT, EVENT, ANSWER, REFUSED] = ["40", "41", "42", "43", "44"];

/**
 * Connects, and says how it stands by `onState({state, sentence?, until?})`: `connecting`, `connected`, `waiting` until
 * a time of `performance.now()`, `refused` with the server's sentence. `onEvent(name, payload)` may return a promise:
 * an event that wants to be acknowledged is so when that is done.
 */
export class Link {
  #onEvent;
  #onState;
  #token;
  #socket = null;
  #isConnected = false;
  #asked = new Map(); // what waits for its answer, by number
  #number = 0;
  #pause = FIRST_PAUSE;
  #retry = null;
  #watchdog = null;
  #patience = 30_000; // ms of silence, as the server says it

  constructor({ token = "", onEvent, onState }) {
    this.#token = token;
    this.#onEvent = onEvent;
    this.#onState = onState;
    window.addEventListener("online", () => this.#retry !== null && this.connect());
    window.addEventListener("pagehide", () => this.#drop());
    window.addEventListener("pageshow", (event) => event.persisted && this.connect());
  }

  get isConnected() {
    return this.#isConnected;
  }

  /** Try now. */
  connect(token = this.#token) {
    this.#token = token;
    this.#drop();
    this.#onState({ state: "connecting" });
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/socket.io/?EIO=4&transport=websocket`);
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => this.#socket === socket && this.#take(data));
    socket.addEventListener("close", () => this.#socket === socket && this.#lose());
    this.#listen();
  }

  /** Send a command and resolve with its answer; rejects with an Error when there is none, or it was refused (`told`). */
  ask(command, fields = {}) {
    if (!this.#isConnected) return Promise.reject(new Error("The studio is not connected: this was not sent."));
    const number = this.#number++;
    return new Promise((resolve, reject) => {
      const slow = () => this.#settle(number, null, `The studio did not answer ${command} within ${ANSWER_WITHIN / 1000} s.`);
      this.#asked.set(number, { resolve, reject, timer: setTimeout(slow, ANSWER_WITHIN) });
      this.#socket.send(`${EVENT}${number}${JSON.stringify([command, fields])}`);
    });
  }

  #take(data) {
    this.#listen();
    if (typeof data !== "string") return;
    const kind = data[0] === "4" ? data.slice(0, 2) : data[0];
    const [, id, rest] = /^(\d*)([^]*)$/.exec(data.slice(kind.length));
    if (kind === PING) this.#socket.send(PONG);
    else if (kind === OPENED) this.#enter(read(rest));
    else if (kind === ENTER) this.#entered();
    else if (kind === EVENT) this.#happened(read(rest), id);
    else if (kind === ANSWER) this.#answered(Number(id), read(rest));
    else if (kind === REFUSED) this.#refuse(read(rest));
    else if (kind === CLOSED || kind === LEFT) this.#lose();
  }

  #enter(told) {
    const silence = (told?.pingInterval ?? 0) + (told?.pingTimeout ?? 0);
    if (silence > 0) this.#patience = silence;
    this.#socket.send(this.#token ? `${ENTER}${JSON.stringify({ token: this.#token })}` : ENTER);
  }

  #entered() {
    this.#isConnected = true;
    this.#pause = FIRST_PAUSE;
    this.#onState({ state: "connected" });
  }

  async #happened(message, id) {
    if (!Array.isArray(message) || typeof message[0] !== "string") return;
    const socket = this.#socket;
    try {
      await this.#onEvent(message[0], message[1] ?? {});
    } finally {
      if (id && socket === this.#socket && socket.readyState === WebSocket.OPEN) socket.send(`${ANSWER}${id}[]`);
    }
  }

  #answered(number, message) {
    const answer = Array.isArray(message) ? message[0] : null;
    if (answer?.ok === true) this.#settle(number, answer, "");
    else this.#settle(number, null, plainWords(answer?.error ?? "The studio answers, but not as a studio does."), true);
  }

  #settle(number, answer, sentence, wasTold = false) {
    const asked = this.#asked.get(number);
    if (!asked) return;
    this.#asked.delete(number);
    clearTimeout(asked.timer);
    if (answer) asked.resolve(answer);
    else asked.reject(Object.assign(new Error(sentence), { told: wasTold }));
  }

  #refuse(told) {
    this.#drop();
    this.#onState({ state: "refused", sentence: plainWords(told?.message ?? "The studio does not let this page in.") });
  }

  #lose() {
    this.#drop();
    const pause = this.#pause;
    this.#pause = Math.min(LONGEST_PAUSE, GROWTH * pause);
    this.#retry = setTimeout(() => this.connect(), pause);
    this.#onState({ state: "waiting", until: performance.now() + pause });
  }

  #drop() {
    clearTimeout(this.#retry);
    clearTimeout(this.#watchdog);
    this.#retry = this.#watchdog = null;
    const socket = this.#socket;
    this.#socket = null;
    this.#isConnected = false;
    socket?.close();
    for (const number of [...this.#asked.keys()]) this.#settle(number, null, "The connection to the studio is lost.");
  }

  #listen() {
    clearTimeout(this.#watchdog);
    this.#watchdog = setTimeout(() => this.#lose(), this.#patience);
  }
}

function read(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
