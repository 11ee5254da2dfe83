// Downloads of the worker, and how many bytes of them are here. Knows addresses; knows nothing of what is in them.

import { WorkerError } from "./worker-protocol.js";

const usualFetch = self.fetch; // Pyodide's own downloads are led here meanwhile, see worker-runtime.js
const TELL_EVERY = 50; // ms: a progress bar needs no more

/** Counts the bytes of a group of downloads and tells `tell({loaded, total})`; `sizes` gives bytes by path where known. */
export class Downloads {
  #tell;
  #sizes;
  #files = new Map(); // address: {loaded, total}
  #told = -Infinity;

  constructor(tell, sizes = {}) {
    this.#tell = tell;
    this.#sizes = sizes;
  }

  /** Announce a download, so that the total is true from the beginning. */
  expect(address) {
    this.#files.set(address, { loaded: 0, total: this.#sizes[new URL(address).pathname] });
  }

  /** Fetch `address` and return the response; its bytes are counted as they arrive. Raises when the server refuses. */
  async fetch(address, options) {
    if (!this.#files.has(address)) this.expect(address);
    let response;
    try {
      response = await usualFetch(address, options);
    } catch (error) {
      throw new WorkerError("DownloadError", `${address} could not be loaded: ${error.message}`);
    }
    if (!response.ok) throw new WorkerError("DownloadError", `${address} could not be loaded: ${response.status}`);
    const file = this.#files.get(address);
    if (!response.headers.has("content-encoding")) file.total ??= lengthOf(response);
    const count = {
      transform: (chunk, out) => {
        file.loaded += chunk.byteLength;
        this.#report();
        out.enqueue(chunk);
      },
      flush: () => this.#finish(file),
    };
    const eager = { highWaterMark: Infinity }; // it goes on arriving before anybody reads it
    const counted = response.body.pipeThrough(new TransformStream(count, undefined, eager));
    return new Response(counted, { status: response.status, headers: response.headers });
  }

  /** Import a module whose bytes count too; they are known when it is here. */
  async import(address) {
    if (!this.#files.has(address)) this.expect(address);
    const file = this.#files.get(address);
    const module = await import(address);
    file.loaded = file.total ?? performance.getEntriesByName(address).at(-1)?.decodedBodySize ?? 0;
    this.#finish(file);
    return module;
  }

  #finish(file) {
    file.total = file.loaded;
    this.#report(true);
  }

  #report(always = false) {
    const now = performance.now();
    if (!always && now - this.#told < TELL_EVERY) return;
    this.#told = now;
    const files = [...this.#files.values()];
    const total = files.every((file) => file.total !== undefined) ? sum(files, "total") : undefined;
    this.#tell({ loaded: sum(files, "loaded"), total });
  }
}

function lengthOf(response) {
  const length = Number(response.headers.get("content-length") ?? NaN);
  return Number.isSafeInteger(length) ? length : undefined;
}

function sum(files, name) {
  return files.reduce((whole, file) => whole + file[name], 0);
}
