// How the connection stands, in words, with the time until the next try. Knows no messages.

import { found, tell } from "./elements.js";
import { keepToken } from "./kept.js";

export class Connection {
  #until = 0;
  #timer = null;

  constructor({ onNow, onToken }) {
    found("connect-now").addEventListener("click", onNow);
    found("token-form").addEventListener("submit", (event) => {
      event.preventDefault();
      const token = found("token").value.trim();
      keepToken(token);
      onToken(token);
    });
  }

  show({ state, sentence = "", until = 0 }) {
    document.body.dataset.connection = state;
    clearInterval(this.#timer);
    this.#until = until;
    found("connect-now").hidden = state !== "waiting" && state !== "refused";
    found("token-form").hidden = state !== "refused";
    tell(found("token-told"), sentence);
    if (state === "refused") found("token").focus();
    if (state === "waiting") {
      found("connection").setAttribute("aria-label", "The connection is lost; it is tried again."); // no counting aloud
      this.#timer = setInterval(() => this.#count(), 250);
      this.#count();
      return;
    }
    found("connection").removeAttribute("aria-label");
    tell(found("connection-told"), { connecting: "Connecting …", connected: "Connected", refused: "Not let in" }[state]);
  }

  #count() {
    const left = Math.max(0, Math.ceil((this.#until - performance.now()) / 1000));
    tell(found("connection-told"), `Connection lost: trying again ${left > 0 ? `in ${left} s` : "now"}`);
  }
}
