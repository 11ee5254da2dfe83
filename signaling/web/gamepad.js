// Gamepads: looked at once a picture, their buttons and sticks to names of keys. Knows the game's buttons by their keys.

import { sorted } from "./touch.js";

const CROSS = { 12: "up", 13: "down", 14: "left", 15: "right" }; // buttons of the standard mapping
const STICK = 0.5; // how far a stick leans before it counts
const PAUSE = 9; // the button in the middle, at the right

/** Presses and releases keys of `held` while a game is played; `pause` is called for the start button. */
export class Gamepad {
  #held;
  #pause;
  #ways = new Map(); // direction: key
  #acts = []; // keys of the other buttons, in their order
  #pressed = new Set();
  #asked = 0; // of requestAnimationFrame; 0: nobody plays
  #startWasDown = false;

  constructor(held, pause = () => {}) {
    this.#held = held;
    this.#pause = pause;
    window.addEventListener("gamepadconnected", () => this.#look());
  }

  /** Play with these buttons, `[{label, keys}]`; none stops looking. */
  use(buttons) {
    cancelAnimationFrame(this.#asked);
    this.#asked = 0;
    this.#put(new Set());
    const { steering, others } = sorted(buttons);
    this.#ways = new Map([...steering.keys()].map((way) => [way, way]));
    this.#acts = others.map(({ keys }) => keys[0]);
    if (buttons.length > 0) this.#look();
  }

  #look() {
    if (this.#ways.size + this.#acts.length === 0) return;
    cancelAnimationFrame(this.#asked);
    const pads = connected();
    this.#asked = pads.length > 0 ? requestAnimationFrame(() => this.#look()) : 0;
    const keys = new Set();
    let startIsDown = false;
    for (const pad of pads) {
      for (const [way, key] of this.#ways) if (leans(pad, way)) keys.add(key);
      this.#acts.forEach((key, place) => {
        if (pad.buttons[place < 8 ? place : place + 8]?.pressed) keys.add(key); // 8 to 15 have meanings of their own
      });
      startIsDown ||= Boolean(pad.buttons[PAUSE]?.pressed);
    }
    this.#put(keys);
    if (startIsDown && !this.#startWasDown) this.#pause();
    this.#startWasDown = startIsDown;
  }

  #put(keys) {
    for (const key of this.#pressed) if (!keys.has(key)) this.#held.release("gamepad", key);
    for (const key of keys) if (!this.#pressed.has(key)) this.#held.press("gamepad", key);
    this.#pressed = keys;
  }
}

function leans({ buttons, axes }, way) {
  const [button] = Object.entries(CROSS).find(([, name]) => name === way);
  if (buttons[button]?.pressed) return true;
  const along = axes[way === "left" || way === "right" ? 0 : 1] ?? 0;
  return way === "left" || way === "up" ? along < -STICK : along > STICK;
}

function connected() {
  try {
    return [...navigator.getGamepads()].filter((pad) => pad?.connected);
  } catch {
    return []; // a page that shows ours in a frame may forbid it
  }
}
