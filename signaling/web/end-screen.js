// The last screen of a match: how it ended, and what now. Knows no lobby and no engine.

import { found, nameOf } from "./elements.js";
import { scoreLines } from "./score-lines.js";

/** Calls `again()` when another match is wanted. */
export class EndScreen {
  #again = found("again");
  #told = found("again-told");
  #download = found("download");
  #address = null;
  #isAsked = false; // by whoever sits here

  constructor({ again }) {
    this.#again.addEventListener("click", () => {
      this.#again.disabled = this.#isAsked = true;
      this.#told.textContent = "Waiting until the others want to play again, too.";
      again();
    });
  }

  /** Show what the client told as `ended`, of the match `begun`. */
  show(ended, begun) {
    const { sentence, frames, rollbacks, checksum, scores } = ended;
    found("sentence").textContent = sentence || "The match is over.";
    found("end-scores").replaceChildren(...(begun && scores ? scoreLines(begun, scores) : []));
    const facts = [
      Number.isFinite(frames) && `${frames} frames`,
      Number.isFinite(rollbacks) && `${rollbacks} rollbacks`,
      checksum && `checksum ${checksum}`,
    ];
    found("facts").textContent = facts.filter(Boolean).join(" · ");
    this.#again.hidden = !ended.again;
    this.#again.disabled = this.#isAsked = false;
    this.#told.textContent = "";
    this.#offer(ended.data ?? ended.replay, begun?.game);
  }

  /** Say who of the room wants another match. */
  showRoom({ me, members }) {
    const wanting = members.filter(({ id, again }) => again === true && id !== me.id);
    if (this.#isAsked || this.#again.hidden || wanting.length === 0) return;
    const names = wanting.flatMap(({ name }, place) => [...(place > 0 ? [", "] : []), nameOf(name)]);
    this.#told.replaceChildren(...names, wanting.length === 1 ? " wants to play again." : " want to play again.");
  }

  /** Offer the bytes of the replay as a file; forget those of the match before. */
  #offer(bytes, game) {
    if (this.#address) URL.revokeObjectURL(this.#address);
    this.#address = bytes?.byteLength ? URL.createObjectURL(new Blob([bytes], { type: "application/octet-stream" })) : null;
    this.#download.hidden = !this.#address;
    if (!this.#address) return this.#download.removeAttribute("href");
    this.#download.href = this.#address;
    this.#download.download = `${String(game ?? "match").replace(/[^A-Za-z0-9]+/g, "-").slice(0, 40)}.rbr`;
  }
}
