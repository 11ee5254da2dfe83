// The invitation: a link to copy or share, and the same as a QR code. Knows no lobby and no room.

import { found } from "./elements.js";

const QUIET = 4; // modules of white around the code, as its standard asks for
const DOTS = 6; // of a module; the page scales it

/** Shows the link of a room; `qrFolder` is where the server keeps the library, or undefined without it. */
export class Invitation {
  #box = found("invitation");
  #link = found("link");
  #told = found("copied");
  #code = found("qr");
  #share = found("share");
  #shown = "";

  constructor() {
    found("copy").addEventListener("click", () => this.#copy());
    this.#link.addEventListener("focus", () => this.#link.select());
    this.#share.hidden = !navigator.share;
    this.#share.addEventListener("click", () => {
      navigator.share({ title: "Play with me", url: this.#link.value }).catch(() => {}); // somebody thought better of it
    });
  }

  /** Show this link; none hides everything. */
  async show(link, qrFolder) {
    this.#box.hidden = !link;
    if (!link || link === this.#shown) return;
    this.#shown = link;
    this.#link.value = link;
    this.#told.textContent = "";
    this.#code.hidden = true;
    if (!qrFolder) return;
    try {
      const { qrcode } = await import(`${qrFolder}qrcode.mjs`);
      if (link === this.#shown) this.#draw(modulesOf(qrcode, link));
    } catch (error) {
      console.warn(`no QR code: ${error.message ?? error}`); // the link is there, and says the same
    }
  }

  async #copy() {
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

export async function copied(field) {
  try {
    await navigator.clipboard.writeText(field.value); // only where the page came over https or from this machine
    return true;
  } catch {
    field.select();
    return Boolean(document.execCommand?.("copy")); // old, and works everywhere else
  }
}
