// What the page has to say besides its screens: troubles, news, and how far loading is. Knows sentences; knows no match.

import { found, made } from "./elements.js";

const KINDS = { info: "", good: "●", warning: "▲", error: "■" }; // a shape too: not by colour alone
const SHOWN = 3; // pieces of news at a time
const FOR = 6000; // ms that news stays
const ERRORS_FOR = 15_000;

/** One trouble at a time, in a sentence, with details where there are some. */
export class Alert {
  #box = found("alert");

  constructor() {
    found("alert-close").addEventListener("click", () => this.hide());
  }

  show(sentence, details = "") {
    found("alert-text").textContent = String(sentence).slice(0, 2000);
    found("alert-details").hidden = !details;
    found("alert-trace").textContent = String(details).slice(0, 20_000);
    this.#box.hidden = false;
    this.#box.scrollIntoView({ block: "nearest" });
  }

  hide() {
    this.#box.hidden = true;
  }
}

/** The newest news, each for a while. */
export class News {
  #box = found("news");

  add({ sentence, kind = "info" }) {
    if (!sentence) return;
    const mark = made("span", { text: KINDS[kind] ?? "", "aria-hidden": "true" });
    const line = made("p", { className: `news ${Object.hasOwn(KINDS, kind) ? kind : "info"}`, dir: "auto" }, mark, String(sentence).slice(0, 500));
    this.#box.append(line);
    while (this.#box.childElementCount > SHOWN) this.#box.firstElementChild.remove();
    setTimeout(() => line.remove(), kind === "error" ? ERRORS_FOR : FOR);
  }

  clear() {
    this.#box.replaceChildren();
  }
}

/** The bar of what is loaded: true bytes of true bytes, and an open bar while nobody knows how many there are. */
export class Loading {
  #box = found("loading");
  #bar = found("progress");
  #told = found("stage-told");

  show({ message, loaded, total }) {
    this.#box.hidden = false;
    this.#told.textContent = message || "Loading";
    if (total > 0) this.#bar.value = Math.min(1, loaded / total);
    else if (this.#bar.position < 1) this.#bar.removeAttribute("value");
  }

  done() {
    this.#box.hidden = true;
  }
}
