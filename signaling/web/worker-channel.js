// Data channels as Python uses them: what arrives before anybody listens is kept, in order. Knows no Python and no peer.
//
// Both kinds have send(Uint8Array), bufferedAmount, bufferedAmountLowThreshold, readyState, close() and
// listen(callback), which calls callback(event, data) with "open", "message", "bufferedamountlow" and "close".

const MOST_HELD = 4096; // events; a second of datagrams is about 60

/** Events for one listener, kept until there is one. */
class Listened {
  #callback = null;
  #held = [];

  listen(callback) {
    this.#callback = callback;
    for (const [event, data] of this.#held.splice(0)) callback(event, data);
  }

  tell(event, data) {
    if (this.#callback) return this.#callback(event, data);
    if (this.#held.length < MOST_HELD) this.#held.push([event, data]);
  }

  silence() {
    this.#callback = () => {};
    this.#held.length = 0;
  }
}

/** A channel that the page moved into this worker; to be made in the task in which it arrives, or messages are lost. */
export class MovedChannel {
  #channel;
  #events = new Listened();

  constructor(channel) {
    this.#channel = channel;
    channel.binaryType = "arraybuffer";
    channel.addEventListener("open", () => this.#events.tell("open"));
    channel.addEventListener("close", () => this.#events.tell("close"));
    channel.addEventListener("bufferedamountlow", () => this.#events.tell("bufferedamountlow"));
    channel.addEventListener("message", ({ data }) => {
      this.#events.tell("message", typeof data === "string" ? data : new Uint8Array(data));
    });
  }

  get readyState() {
    return this.#channel.readyState;
  }

  get bufferedAmount() {
    return this.#channel.bufferedAmount;
  }

  get bufferedAmountLowThreshold() {
    return this.#channel.bufferedAmountLowThreshold;
  }

  set bufferedAmountLowThreshold(amount) {
    this.#channel.bufferedAmountLowThreshold = amount;
  }

  send(data) {
    this.#channel.send(data);
  }

  listen(callback) {
    this.#events.listen(callback);
  }

  close() {
    this.#events.silence();
    this.#channel.close();
  }
}

/** A channel that stayed on the page, which sends and takes for us. */
export class RelayedChannel {
  readyState = "connecting";
  bufferedAmount = 0;
  bufferedAmountLowThreshold = 0;
  #send;
  #events = new Listened();

  /** `send(data)` hands bytes to the page. */
  constructor(send) {
    this.#send = send;
  }

  /** Take an event of the page; `amount` are the bytes that left since the last "drained". */
  happened(event, amount, data) {
    if (this.readyState === "closed") return;
    if (event === "drained") {
      const before = this.bufferedAmount;
      this.bufferedAmount = Math.max(0, before - amount);
      const threshold = this.bufferedAmountLowThreshold;
      if (before > threshold && this.bufferedAmount <= threshold) this.#events.tell("bufferedamountlow");
      return;
    }
    if (event === "open") this.readyState = "open";
    if (event === "close") this.readyState = "closed";
    this.#events.tell(event, data);
  }

  send(data) {
    if (this.readyState !== "open") return;
    this.bufferedAmount += data.byteLength;
    this.#send(data);
  }

  listen(callback) {
    this.#events.listen(callback);
  }

  close() {
    this.readyState = "closed";
    this.#events.silence();
  }
}
