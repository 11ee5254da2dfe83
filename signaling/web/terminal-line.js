// What to type in a terminal to come into a room of this server, and a button that copies it. Knows addresses; knows no lobby.

import { found, made } from "./elements.js";
import { copied } from "./invitation.js";

const USUAL = "http://127.0.0.1:8000"; // where commands look by themselves: DEFAULT_SERVER in rollback/cli/options.py
const PLAIN = /^[\w@%+=:,./-]+$/;

/**
 * Return the command that leads into `room`: `verb` is play or watch, `game` is the room's as the catalogue has it, which
 * says whether a room alone can name it, and `invite` an invitation. What a shell would read otherwise is quoted.
 */
export function terminalCommand({ verb = "play", room = "CODE", game = null, invite = null } = {}, origin = location.origin) {
  const words = ["rollback", verb, room];
  if (origin !== USUAL) words.push("--server", origin);
  if (game && !game.comesWithUs) words.push("--game", game.name);
  if (invite) words.push("--invite", invite);
  return words.map((word) => (PLAIN.test(word) ? word : `'${word.replaceAll("'", "'\"'\"'")}'`)).join(" ");
}

/** Shows the command: `id` is of the place, the button's is `id` and "-copy", and what is told of it `id` and "-told". */
export class TerminalLine {
  #place;
  #told;

  constructor(id) {
    this.#place = found(id);
    this.#told = found(`${id}-told`);
    found(`${id}-copy`).addEventListener("click", async () => {
      const isCopied = await copied({ value: this.#place.textContent, select: () => getSelection().selectAllChildren(this.#place) });
      this.#told.textContent = isCopied ? "Copied." : "It is selected: copy it with your keyboard or by a long press.";
    });
    this.show();
  }

  show(wanted) {
    const command = terminalCommand(wanted);
    if (command === this.#place.textContent) return;
    const words = command.split(" ").map((text) => made("span", { text })); // a line is broken between words
    this.#place.replaceChildren(...words.flatMap((word, place) => (place > 0 ? [" ", word] : [word])));
    this.#told.textContent = "";
  }
}
