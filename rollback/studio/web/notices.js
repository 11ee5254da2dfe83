// What just happened, in one line each: read out, seen for a while, gone. Knows no run.

import { found, made } from "./elements.js";
import { plainWords } from "./words.js";

const SHOWN = 4; // at a time
const FOR = 6000; // ms; errors stay twice as long
const MARKS = { good: "✓", info: "", error: "!" };

export class Notices {
  #box = found("news");

  /** Show a sentence; `kind` is good, info or error; `link` is `{text, href}` of a page to go to. */
  show(kind, sentence, link = null) {
    const known = Object.hasOwn(MARKS, kind) ? kind : "info";
    const line = made("p", { className: `news ${known}` }, made("span", { text: MARKS[known], "aria-hidden": "true" }), " ");
    line.append(made("bdi", { text: plainWords(sentence, 500) }));
    if (link) line.append(" ", made("a", { text: link.text, href: link.href, target: "_blank", rel: "noopener noreferrer" }));
    this.#box.append(line);
    while (this.#box.childElementCount > SHOWN) this.#box.firstElementChild.remove();
    if (!link) setTimeout(() => line.remove(), known === "error" ? 2 * FOR : FOR);
    else line.append(made("button", { className: "quiet", type: "button", text: "Close", on: { click: () => line.remove() } }));
  }
}
