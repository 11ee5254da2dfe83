// Which keys are held, by any hand: keyboard, touch, gamepad. Knows names of keys; knows no device and no game.

/** Calls `tell(names)`, the newest last, whenever the keys that are held have changed. */
export class HeldKeys {
  #holders = new Map(); // key: the devices that hold it, in the order in which the keys went down
  #tell;

  constructor(tell) {
    this.#tell = tell;
  }

  /** The names of the held keys, the newest last. */
  get names() {
    return [...this.#holders.keys()];
  }

  press(device, key) {
    const holders = this.#holders.get(key);
    if (holders) return void holders.add(device);
    this.#holders.set(key, new Set([device]));
    this.#tell(this.names);
  }

  /** Release a key; it stays held while another device holds it. */
  release(device, key) {
    if (this.#drop(device, key)) this.#tell(this.names);
  }

  /** Release every key of a device, or of all of them. */
  releaseAll(device = null) {
    const before = this.#holders.size;
    for (const key of this.names) {
      if (device === null) this.#holders.delete(key);
      else this.#drop(device, key);
    }
    if (this.#holders.size !== before) this.#tell(this.names);
  }

  #drop(device, key) {
    const holders = this.#holders.get(key);
    if (!holders?.delete(device) || holders.size > 0) return false;
    return this.#holders.delete(key);
  }
}
