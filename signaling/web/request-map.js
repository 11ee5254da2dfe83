// Requests that wait for an answer, by id. Every entry goes: by its answer, its time-out, or when all are rejected.
// Knows no worker.

import { WorkerError } from "./worker-protocol.js";

export class RequestMap {
  #entries = new Map();
  #last = 0;

  /** How many requests are waiting. */
  get size() {
    return this.#entries.size;
  }

  /**
   * Add a request and return {id, promise}.
   *
   * `timeout` is in milliseconds; without one it waits for ever. The promise of a request that took too long rejects
   * with a `TimeoutError`, and its answer is ignored when it comes at last.
   */
  add(type, timeout) {
    const limited = timeout !== undefined && timeout !== Infinity;
    if (limited && !(typeof timeout === "number" && timeout > 0 && timeout < 2 ** 31)) {
      throw new RangeError(`timeout must be a number of milliseconds from 1 to 2**31 - 1, not ${String(timeout)}`);
    }
    const id = ++this.#last;
    const promise = new Promise((resolve, reject) => {
      const timer = limited
        ? setTimeout(() => {
            const sentence = `${type} was not answered within ${timeout} ms: give it a longer timeout, or none`;
            this.reject(id, new WorkerError("TimeoutError", sentence));
          }, timeout)
        : undefined;
      this.#entries.set(id, { resolve, reject, timer });
    });
    return { id, promise };
  }

  resolve(id, result) {
    this.#take(id)?.resolve(result);
  }

  reject(id, error) {
    this.#take(id)?.reject(error);
  }

  /** Reject every request that is waiting. */
  rejectAll(error) {
    for (const id of [...this.#entries.keys()]) this.reject(id, error);
  }

  #take(id) {
    const entry = this.#entries.get(id);
    this.#entries.delete(id);
    clearTimeout(entry?.timer);
    return entry;
  }
}
