// The study's server as a page asks it: by POST, with the participant's token, again where the line was lost. Knows no screen.

const PREFIX = "rollback.study.";
const WAITS = [500, 1000, 2000, 4000, 8000]; // ms before the next attempt
const ANSWERS_WITHIN = 20_000; // ms
const BUSY = new Set([429, 502, 503, 504]); // statuses after which the same request may be granted

/** A request that was not granted: `code` for programs, one sentence as the message, and the fields of the answer. */
export class StudyError extends Error {
  constructor({ code = "lost", error = "The server cannot be reached.", ...more } = {}) {
    super(error);
    this.name = "StudyError";
    this.code = code;
    this.more = more;
  }
}

export class StudyServer {
  #token = null;
  #key;
  #onLine;
  #isOver = false;

  /** `participant` is who the link names; `onLine(isThere)` hears whether the server answers. */
  constructor(participant, onLine) {
    this.#key = PREFIX + participant;
    this.#onLine = onLine;
    this.#token = read(this.#key);
  }

  /** Come, or come back; answers with how things are. */
  async arrive(parameters) {
    const { token, ...view } = await this.ask("arrive", parameters);
    if (token) {
      this.#token = token;
      write(this.#key, token);
    }
    return view;
  }

  /** Ask until the server answers; rejects with a `StudyError` where it says no. */
  async ask(deed, fields = {}) {
    return this.#again(deed, { "content-type": "application/json" }, JSON.stringify(fields));
  }

  /** Ask once; null where the line is lost. */
  async look(fields) {
    try {
      return await this.#once("look", { "content-type": "application/json" }, JSON.stringify(fields));
    } catch (error) {
      if (error.code === "lost" || error.code === "busy" || error.code === "too_many") return null;
      throw error;
    }
  }

  /** Send a piece of data until it is there; answers with the number of the next one. */
  async upload(episode, piece, sha256, data) {
    const address = `upload?${new URLSearchParams({ episode, piece, sha256 })}`;
    const { expected } = await this.#again(address, { "content-type": "application/x-ndjson" }, data);
    return expected;
  }

  /** The round trip of one request, in milliseconds. */
  async ping() {
    const begun = performance.now();
    await this.#once("ping", { "content-type": "application/json" }, "{}");
    return performance.now() - begun;
  }

  /** Try nothing again from now on. */
  end() {
    this.#isOver = true;
  }

  async #again(address, headers, body) {
    for (let tries = 0; ; tries += 1) {
      try {
        return await this.#once(address, headers, body);
      } catch (error) {
        if (!["lost", "busy", "too_many"].includes(error.code) || this.#isOver) throw error;
        await new Promise((resolve) => setTimeout(resolve, WAITS[Math.min(tries, WAITS.length - 1)]));
      }
    }
  }

  async #once(address, headers, body) {
    const bearer = this.#token ? { authorization: `Bearer ${this.#token}` } : {};
    const options = { method: "POST", body, headers: { ...headers, ...bearer }, signal: AbortSignal.timeout(ANSWERS_WITHIN) };
    let response, told;
    try {
      response = await fetch(`/study/${address}`, options);
      told = await response.json();
    } catch {
      const isThere = response !== undefined && !BUSY.has(response.status); // and speaks of something else
      this.#onLine(isThere);
      throw new StudyError(isThere ? { code: "none", error: NONE } : {});
    }
    this.#onLine(!BUSY.has(response.status));
    if (!told.ok) throw new StudyError(told);
    return told;
  }
}

const NONE = "This server runs no study: ask the researchers for the right link.";

// A tab that was closed by mistake may come back: not only this tab remembers. A page in a frame may be forbidden to.
function read(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function write(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch {
    // then a reload cannot go on, and says so
  }
}
