// Buttons under the thumbs, on the screen. Knows the game's buttons by their keys; knows no game.

import { made } from "./elements.js";

const ARROWS = { up: "▲", down: "▼", left: "◀", right: "▶" };

/** The game's buttons that steer, by their direction, and all others. */
export function sorted(buttons) {
  const steering = new Map();
  const others = [];
  for (const button of buttons) {
    const way = button.keys.find((key) => key in ARROWS);
    if (way && !steering.has(way)) steering.set(way, button);
    else others.push(button);
  }
  return { steering, others };
}

/** Draws the buttons into two pads, at the left and the right edge, and presses keys of `held`. */
export class Touch {
  #held;
  #pads;
  #fingers = new Map(); // pointer: the button under it, or null beside them

  constructor(held, left, right) {
    this.#held = held;
    this.#pads = [left, right];
    window.addEventListener("pointerdown", ({ pointerType }) => {
      if (pointerType === "touch") document.body.classList.add("touched"); // a screen that did not say that it can be
    });
    for (const pad of this.#pads) {
      pad.addEventListener("pointerdown", (event) => this.#down(event));
      pad.addEventListener("pointermove", (event) => this.#move(event));
      for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) {
        pad.addEventListener(end, ({ pointerId }) => this.#up(pointerId));
      }
      pad.addEventListener("contextmenu", (event) => event.preventDefault()); // what a long press would open
      // A screen reader, or a key on the focused button, presses without any finger.
      pad.addEventListener("click", (event) => event.detail === 0 && this.#tap(event.target.closest("button")));
    }
  }

  /** Offer these buttons, `[{label, keys}]`; none hides the pads. */
  use(buttons) {
    this.releaseAll();
    const { steering, others } = sorted(buttons);
    const [left, right] = this.#pads;
    const ways = () => [...steering].map(([way, button]) => madeButton(button, way));
    left.replaceChildren(...ways());
    // Where a game is only steered, either thumb may do it.
    right.replaceChildren(...(others.length > 0 ? others.map((button) => madeButton(button)) : ways()));
    right.classList.toggle("steering", others.length === 0);
    for (const pad of this.#pads) pad.hidden = pad.childElementCount === 0;
  }

  releaseAll() {
    for (const finger of [...this.#fingers.keys()]) this.#up(finger);
    this.#held.releaseAll("touch");
  }

  #down(event) {
    event.preventDefault(); // neither focus nor a selection
    event.currentTarget.setPointerCapture?.(event.pointerId);
    this.#put(event.pointerId, this.#under(event));
  }

  #move(event) {
    if (this.#fingers.has(event.pointerId)) this.#put(event.pointerId, this.#under(event)); // a thumb slides from button to button
  }

  #up(finger) {
    this.#put(finger, null);
    this.#fingers.delete(finger);
  }

  #put(finger, button) {
    const before = this.#fingers.get(finger) ?? null;
    this.#fingers.set(finger, button);
    if (before === button) return;
    if (button) this.#press(button);
    if (before && ![...this.#fingers.values()].includes(before)) this.#release(before);
  }

  #under({ clientX, clientY }) {
    const button = document.elementFromPoint(clientX, clientY)?.closest("button[data-key]") ?? null;
    return button && this.#pads.some((pad) => pad.contains(button)) ? button : null;
  }

  #press(button) {
    button.classList.add("pressed");
    this.#held.press("touch", button.dataset.key);
  }

  #release(button) {
    button.classList.remove("pressed");
    const key = button.dataset.key;
    const twin = [...this.#fingers.values()].some((other) => other?.dataset.key === key);
    if (!twin) this.#held.release("touch", key);
  }

  #tap(button) {
    if (!button?.dataset.key) return;
    this.#press(button);
    setTimeout(() => this.#release(button), 100); // some frames, so that the game sees it
  }
}

function madeButton({ label, keys }, way = "") {
  const button = made("button", { className: way ? `way ${way}` : "act", type: "button", title: label });
  button.dataset.key = way || keys[0];
  const name = label || keys[0];
  if (way) button.append(made("span", { className: "arrow", text: ARROWS[way], "aria-hidden": "true" }));
  button.append(made("span", { className: "label", text: way && name === way ? "" : name }));
  button.setAttribute("aria-label", name);
  return button;
}
