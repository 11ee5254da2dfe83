// The data of a study on their way to the server: piece after piece, each until it is there. Knows pieces; knows no match.

const MOST_WAITING = 2000; // pieces; over an hour of a match, while the server cannot be reached

export class StudyUploads {
  #server;
  #episode = 0;
  #next = 0; // the number of the next piece
  #waiting = [];
  #sending = null; // the promise of what is on its way
  #problem = "";

  constructor(server) {
    this.#server = server;
  }

  /** Why data are missing; empty while all is well. */
  get problem() {
    return this.#problem;
  }

  /** Begin an episode; `expected` is the number of the piece that the server waits for. */
  begin(episode, expected) {
    this.#episode = episode;
    this.#next = expected;
  }

  /** Take a piece: bytes, and their hash. */
  add({ sha256, data }) {
    if (this.#waiting.length >= MOST_WAITING) {
      this.#problem = "More data are waiting than this page can keep.";
      return;
    }
    this.#waiting.push({ episode: this.#episode, piece: this.#next, sha256, data });
    this.#next += 1;
    this.#sending ??= this.#send();
  }

  /** Resolves when nothing waits, or after so many milliseconds. */
  async done(within = Infinity) {
    if (!this.#sending) return;
    const late = within === Infinity ? [] : [new Promise((resolve) => setTimeout(resolve, within))];
    await Promise.race([this.#sending, ...late]);
  }

  async #send() {
    while (this.#waiting.length > 0) {
      const { episode, piece, sha256, data } = this.#waiting[0];
      try {
        await this.#server.upload(episode, piece, sha256, data);
      } catch (error) {
        if (this.#renumber(error)) continue;
        this.#problem = error.message; // over the quota, or not ours any more: what follows is of no use
        this.#waiting = [];
        break;
      }
      this.#waiting.shift();
    }
    this.#sending = null;
  }

  /** Go on from the number that the server expects: a page that was loaded again may not know what the one before sent. */
  #renumber({ code, more }) {
    const [{ episode, piece }] = this.#waiting;
    if (code !== "chunk" || !Number.isInteger(more?.expected) || more.expected === piece) return false;
    let next = more.expected;
    for (const each of this.#waiting) {
      if (each.episode === episode) each.piece = next++;
    }
    if (episode === this.#episode) this.#next = next;
    return true;
  }
}
