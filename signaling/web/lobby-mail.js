// What came from the lobby before somebody listens: the newest of what replaces itself, some of the rest. Knows no rooms.

const KEPT = { signal: 256, relay: 256, feed: 2048, verdict: 16, refused: 1, over: 1 };
const NEWS = ["welcome", "members", "resume"]; // told first, each only once, in this order

export class LobbyMail {
  #listener = null;
  #news = new Map(); // event -> [payload, data]
  #rest = []; // [event, payload, data]
  #counts = new Map();

  /** Hand everything to `listener(event, payload, data)`, what waits first; null: let it wait again. */
  listen(listener) {
    this.#listener = listener;
    if (!listener) return;
    const news = NEWS.filter((event) => this.#news.has(event)).map((event) => [event, ...this.#news.get(event)]);
    const waiting = [...news, ...this.#rest];
    this.clear();
    for (const entry of waiting) listener(...entry);
  }

  /** Take what came. */
  put(event, payload, data) {
    if (this.#listener) return this.#listener(event, payload, data);
    if (NEWS.includes(event)) {
      // The first welcome says how the room was when we came; a later one is news like any other.
      const name = event === "welcome" && this.#news.has("welcome") ? "members" : event;
      this.#news.set(name, [payload, data]);
      return;
    }
    const count = this.#counts.get(event) ?? 0;
    if (count >= (KEPT[event] ?? 0)) return;
    this.#counts.set(event, count + 1);
    this.#rest.push([event, payload, data]);
  }

  /** Forget what waits. */
  clear() {
    this.#news.clear();
    this.#counts.clear();
    this.#rest = [];
  }
}
