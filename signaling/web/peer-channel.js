// A data channel that stays on the page, where it cannot be moved into the worker: its messages are relayed both ways.
// Knows no connection.

const HIGH_WATER = 1024 * 1024; // bytes in the browser's buffer, above which the network takes nothing at all

export class RelayedChannel {
  #channel;
  #tell;
  #sent = 0; // bytes given to us and not yet told to be out

  /** `tell(event, fields, data)` hears open, close, message and drained. */
  constructor(channel, tell) {
    this.#channel = channel;
    this.#tell = tell;
    channel.binaryType = "arraybuffer";
    channel.bufferedAmountLowThreshold = 0;
    channel.addEventListener("open", () => tell("open", {}));
    channel.addEventListener("close", () => tell("close", {}));
    channel.addEventListener("bufferedamountlow", () => this.#drained());
    channel.addEventListener("message", ({ data }) => {
      if (data instanceof ArrayBuffer) tell("message", {}, new Uint8Array(data)); // nobody of ours sends text
    });
  }

  /** Send bytes; what cannot be sent is lost, as it may be on any network. Each byte is told as drained sooner or later. */
  send(data) {
    this.#sent += data.byteLength;
    try {
      if (this.#channel.bufferedAmount <= HIGH_WATER) this.#channel.send(data);
    } catch {
      // Not open, or closed meanwhile: the worker hears that by itself.
    }
    if (this.#channel.bufferedAmount === 0) this.#drained();
  }

  #drained() {
    const amount = this.#sent - this.#channel.bufferedAmount;
    if (amount <= 0) return;
    this.#sent -= amount;
    this.#tell("drained", { amount });
  }
}
