// The page's side of Python in a worker: requests out, promises back. Knows no game, no lobby and no picture.

import { RequestMap } from "./request-map.js";
import { ANSWERS, MATCH, REFUSED_EARLY, WorkerError, revivedError } from "./worker-protocol.js";

/**
 * Python, the engine and one environment in a Web Worker.
 *
 * ```js
 * const python = new PyodideWorker({ onProgress: ({ message }) => console.log(message) });
 * await python.init();
 * await python.initEnv("def make(): ...");
 * const { observation } = await python.reset(7);
 * const { reward, terminated } = await python.step(1);
 * python.destroy();
 * ```
 *
 * Each method that returns a promise takes `{timeout}` in milliseconds last. Errors of Python reject with the name of the
 * exception, its message, and Python's traceback as `stack`.
 */
export class PyodideWorker {
  #url;
  #worker = null;
  #starting = null; // the promise of init()
  #ready = false;
  #gone = null; // the error that ended it, for whoever asks afterwards
  #requests = new RequestMap();

  /** Called with {stage, message, loaded, total, timestamp}; the bytes are true, `total` is undefined while unknown. */
  onProgress = null;

  /** Called with the payload of each message about a match. */
  onMatch = null;

  /** Called once with the error that ended the worker, also when nobody waited for an answer; not after `destroy`. */
  onEnd = null;

  constructor({ url = new URL("./worker.js", import.meta.url), onProgress = null, onMatch = null, onEnd = null } = {}) {
    this.#url = url;
    this.onProgress = onProgress;
    this.onMatch = onMatch;
    this.onEnd = onEnd;
  }

  /** True from READY until the end. */
  get ready() {
    return this.#ready;
  }

  /** How many requests wait for an answer. */
  get pending() {
    return this.#requests.size;
  }

  /**
   * Start the worker and load Python and the engine; resolves on READY, and on nothing earlier, with the versions.
   *
   * A failed init rejects and ends the worker. A second call returns the same promise.
   */
  init({ timeout, ...payload } = {}) {
    if (this.#gone) return Promise.reject(this.#gone);
    this.#starting ??= this.#start(payload, timeout);
    return this.#starting;
  }

  /** Install packages that this server offers, with what they depend on; resolves with the names that are new. */
  installPackages(packages, options) {
    return this.request("installPackages", packages, options);
  }

  /** Run Python code that defines `env`, or `make()` that returns one. Only ever pass code that this page chose itself. */
  initEnv(code, options) {
    return this.request("initEnv", code, options);
  }

  /** Step the environment; resolves with what it returned, by name. */
  step(actions, options) {
    return this.request("step", actions, options);
  }

  /** Start an episode, with a seed or without. */
  reset(seed, options) {
    return this.request("reset", seed, options);
  }

  /**
   * Resolves with what the environment shows: `{primitives, pixels, text}`, of which it has one and null for the others.
   *
   * `primitives` are lists as a game's draw() makes them; `pixels` is {shape, data}, with data a typed array, row by row.
   */
  render(options) {
    return this.request("render", undefined, options);
  }

  /**
   * Do several things in one round trip: `[{type: "setState", payload: state}, {type: "step", payload: actions}, ...,
   * {type: "getState"}]`; also `reset` and `render`. Resolves with one
   * result each.
   *
   * A state comes as bytes that keep every type exactly; bytes, or a plain value, may be set. The first error stops it:
   * the promise rejects with that error, its `index`, and the `results` before it.
   */
  batch(commands, options) {
    return this.request("batch", commands, options);
  }

  /** End the worker at once. What is pending rejects; calling it again does nothing. */
  destroy() {
    this.onEnd = null;
    this.#end(new WorkerError("DestroyedError", "the worker was destroyed: make a new PyodideWorker"));
  }

  /** Send any request of the protocol; `transfer` lists what moves into the worker instead of being copied. */
  request(type, payload, { timeout, transfer = [] } = {}) {
    if (this.#gone) return Promise.reject(this.#gone);
    if (!this.#worker) {
      return Promise.reject(new WorkerError("NotReadyError", `${type}() before init(): call init() first`));
    }
    if (!this.#ready && REFUSED_EARLY.includes(type)) {
      return Promise.reject(new WorkerError("NotReadyError", `${type}() before the worker is ready: await init() first`));
    }
    return this.#post(type, payload, timeout, transfer);
  }

  /**
   * Send a message about a match; it has no answer. Messages before READY wait in the worker.
   *
   * Throws where the worker is not there, and where something in `transfer` cannot be moved.
   */
  tellMatch(payload, transfer = []) {
    if (this.#gone) throw this.#gone;
    if (!this.#worker) throw new WorkerError("NotReadyError", "tellMatch() before init(): call init() first");
    this.#worker.postMessage({ type: MATCH, id: null, payload }, transfer);
  }

  async #start(payload, timeout) {
    try {
      this.#worker = new Worker(this.#url, { type: "module", name: "python" });
      this.#worker.addEventListener("message", ({ data }) => this.#receive(data));
      this.#worker.addEventListener("error", (event) => this.#fail(event));
      this.#worker.addEventListener("messageerror", () => this.#unreadable());
      const versions = await this.#post("init", payload, timeout);
      this.#ready = true;
      return versions;
    } catch (error) {
      this.#end(error);
      throw error;
    }
  }

  async #post(type, payload, timeout, transfer = []) {
    const { id, promise } = this.#requests.add(type, timeout);
    try {
      this.#worker.postMessage({ type, id, payload }, transfer);
    } catch (error) {
      this.#requests.reject(id, error); // a function, say, cannot be posted
    }
    return promise;
  }

  #receive(message) {
    switch (message?.type) {
      case "progress":
        return this.#tell(this.onProgress, progressOf(message));
      case MATCH:
        return this.#tell(this.onMatch, message.payload);
      case "error": {
        const error = revivedError(message.error);
        if (message.id != null) return this.#requests.reject(message.id, error);
        if (this.#requests.size === 0) reportError(error); // nobody is there to hear of it but the console
        return this.#requests.rejectAll(error);
      }
      default:
        if (Object.values(ANSWERS).includes(message?.type)) this.#requests.resolve(message.id, message.result);
    }
  }

  #tell(listener, told) {
    try {
      listener?.(told);
    } catch (error) {
      reportError(error); // the listener's own mistake: told to the console, and the worker goes on
    }
  }

  #fail(event) {
    event.preventDefault?.();
    const where = event.filename ? ` (${event.filename}:${event.lineno})` : "";
    const what = event.message || `it could not be loaded from ${this.#url}`;
    this.#end(new WorkerError("WorkerError", `the worker failed: ${what}${where}`));
  }

  #unreadable() {
    this.#requests.rejectAll(new WorkerError("MessageError", "an answer of the worker could not be read by the page"));
  }

  #end(error) {
    if (this.#gone) return;
    this.#gone = error;
    this.#ready = false;
    this.#worker?.terminate();
    this.#worker = null;
    this.#requests.rejectAll(error);
    this.#tell(this.onEnd, error);
  }
}

function progressOf({ type, ...progress }) {
  return progress;
}
