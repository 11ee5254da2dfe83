// The invitation: a link to copy or share, and the same as a QR code. Knows no lobby and no room.

import { found } from "./elements.js";

const QUIET = 4; // modules of white around the code, as its standard asks for
const DOTS = 6; // of a module; the page scales it

const LOCKED = "The match has begun, and this link is for those who watch. “Copy” makes one that lets a player in, for a few minutes.";

/** Shows the link of a room; `fresh()` resolves with one that opens it, for a few minutes, also while it is locked. */
export class Invitation {
  #fresh;
  #isLocked = false;
  #box = found("invitation");
  #link = found("link");
  #told = found("copied");
  #code = found("qr");
  #share = found("share");
  #shown = "";

  constructor(fresh) {
    this.#fresh = fresh;
    found("copy").addEventListener("click", () => this.#copy());
    this.#link.addEventListener("focus", () => this.#link.select());
    this.#share.hidden = !navigator.share;
    this.#share.addEventListener("click", () => {
      this.#opening()
        .then((link) => navigator.share({ title: "Play with me", url: link }))
        .catch(() => {}); // somebody thought better of it
    });
  }

  /** Show this link, of a room that is locked or not; none hides everything. `qrFolder` is where the library is, if it is. */
  async show(link, qrFolder, isLocked = false) {
    this.#box.hidden = !link;
    if (isLocked !== this.#isLocked) {
      this.#isLocked = isLocked;
      this.#told.textContent = isLocked ? LOCKED : "";
      this.#shown = "";
    }
    if (!link || link === this.#shown) return;
    this.#shown = link;
    this.#link.value = link;
    if (!isLocked) this.#told.textContent = "";
    this.#code.hidden = true;
    if (!qrFolder) return;
    try {
      const { qrcode } = await import(`${qrFolder}qrcode.mjs`);
      if (link === this.#shown) this.#draw(modulesOf(qrcode, link));
    } catch (error) {
      console.warn(`no QR code: ${error.message ?? error}`); // the link is there, and says the same
    }
  }

  /** Return a link that lets a player in. */
  async #opening() {
    if (this.#isLocked) this.#link.value = await this.#fresh();
    return this.#link.value;
  }

  async #copy() {
    try {
      await this.#opening();
    } catch (error) {
      this.#told.textContent = error.message;
      return;
    }
    const isCopied = await copied(this.#link);
    this.#told.textContent = isCopied ? "Copied." : "It is selected: copy it with your keyboard or by a long press.";
  }

  #draw(modules) {
    const side = (modules.length + 2 * QUIET) * DOTS;
    this.#code.width = this.#code.height = side;
    const surface = this.#code.getContext("2d");
    surface.fillStyle = "white";
    surface.fillRect(0, 0, side, side);
    surface.fillStyle = "black";
    modules.forEach((row, down) => row.forEach((isDark, across) => {
      if (isDark) surface.fillRect((across + QUIET) * DOTS, (down + QUIET) * DOTS, DOTS, DOTS);
    }));
    this.#code.hidden = false;
  }
}

function modulesOf(qrcode, text) {
  const code = qrcode(0, "M"); // as small as it can be; a seventh of it may be unreadable
  code.addData(text);
  code.make();
  const places = Array.from({ length: code.getModuleCount() }, (_, place) => place);
  return places.map((down) => places.map((across) => code.isDark(down, across)));
}

/** Copy what has a `value` and can `select()` itself; false where it is only selected. */
export async function copied(field) {
  try {
    await navigator.clipboard.writeText(field.value); // only where the page came over https or from this machine
    return true;
  } catch {
    field.select();
    return Boolean(document.execCommand?.("copy")); // old, and works everywhere else
  }
}
