// The keyboard: key events to the names of keys that terminals use. Knows which keys the game takes; knows no game.

const NAMES = {
  ArrowUp: "up", ArrowDown: "down", ArrowLeft: "left", ArrowRight: "right",
  " ": "space", Enter: "enter", Escape: "escape", Backspace: "backspace",
};
const ON_BUTTONS = ["space", "enter"]; // what presses a button that has the focus
const WRITTEN_IN = "input, textarea, select, [contenteditable]";
const PRESSED = "button, a, summary";

/** The names a key event may go by: what is written on the key, and what is there on a keyboard with Latin letters. */
export function namesOf({ key = "", code = "" }) {
  const written = NAMES[key] ?? ([...key].length === 1 ? key.toLowerCase() : "");
  const place = /^(?:Key|Digit)([A-Z0-9])$/.exec(code)?.[1].toLowerCase() ?? "";
  return [written, place].filter(Boolean);
}

/** Presses and releases keys of `held`; `commands` are keys of the page itself, where the game leaves them free. */
export class Keyboard {
  #held;
  #commands;
  #keys = null; // what the game takes; null: nobody plays
  #down = new Map(); // the place of a key on the keyboard: the name under which it went down

  constructor(held, commands = {}) {
    this.#held = held;
    this.#commands = commands;
    window.addEventListener("keydown", (event) => this.#press(event));
    window.addEventListener("keyup", (event) => this.#release(event));
    window.addEventListener("blur", () => this.#releaseAll());
    document.addEventListener("visibilitychange", () => this.#releaseAll());
  }

  /** Listen for these keys from now on; null listens for none. */
  use(keys) {
    this.#releaseAll();
    this.#keys = keys && new Set(keys);
  }

  #press(event) {
    if (!this.#keys || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const names = namesOf(event);
    const on = event.target instanceof Element ? event.target : null;
    if (on?.closest(WRITTEN_IN) || (on?.closest(PRESSED) && ON_BUTTONS.includes(names[0]))) return;
    const key = names.find((name) => this.#keys.has(name));
    if (key) {
      event.preventDefault(); // an arrow would scroll the page
      if (event.repeat) return;
      this.#down.set(event.code || key, key);
      return this.#held.press("keyboard", key);
    }
    const command = names.map((name) => this.#commands[name]).find(Boolean);
    if (command && !event.repeat) {
      event.preventDefault();
      command();
    }
  }

  #release(event) {
    if (event.key === "Meta") return this.#releaseAll(); // while it is down, some systems tell no other release
    const place = event.code || namesOf(event)[0];
    const key = this.#down.get(place);
    this.#down.delete(place);
    if (key && ![...this.#down.values()].includes(key)) this.#held.release("keyboard", key);
  }

  #releaseAll() {
    this.#down.clear();
    this.#held.releaseAll("keyboard");
  }
}
