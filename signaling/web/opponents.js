// Whom to play against without a room: a bot, a trained agent of this server, or one from a file. Knows no match and no bytes.

import { found, made } from "./elements.js";

const FILE = "?file"; // no name of an agent
const LONGEST = 100; // characters of a title

/** A list to choose from, and a place for a file that is shown while it is wanted. */
export class Opponents {
  #select = found("opponent");
  #row = found("agent-row");
  #file = found("agent-file");
  #told = found("opponent-told");
  #agents = [];

  constructor() {
    this.#select.addEventListener("change", () => this.#showFile());
    this.#file.addEventListener("change", () => this.tell(""));
  }

  /** Offer these agents besides the bots, `[{name, game, title}]`. */
  offer(agents) {
    this.#agents = agents;
  }

  /** Show who plays that game; the choice is kept where it can be. */
  showGame(game) {
    const kept = this.#select.value;
    const agents = this.#agents.filter((agent) => agent.game === game).map((agent) => [agent.name, called(agent)]);
    const offered = [["best", "The game's best bot"], ["random", "Random moves"], ...agents, [FILE, "An agent from a file…"]];
    this.#select.replaceChildren(...offered.map(([value, text]) => made("option", { value, text, dir: "auto" })));
    this.#select.value = offered.some(([value]) => value === kept) ? kept : "best";
    this.#showFile();
  }

  /** Who was chosen: {name}, or {file}, which is undefined as long as none was picked. */
  get chosen() {
    const { value } = this.#select;
    return value === FILE ? { file: this.#file.files[0] } : { name: value };
  }

  /** Say what is wrong with the choice where it is made, and lead there; an empty sentence takes it back. */
  tell(sentence) {
    this.#told.textContent = sentence;
    this.#told.hidden = !sentence;
    if (sentence) (this.#select.value === FILE ? this.#file : this.#select).focus();
  }

  #showFile() {
    this.tell("");
    this.#row.hidden = this.#select.value !== FILE;
  }
}

function called({ name, title }) {
  const told = title.slice(0, LONGEST);
  return told.startsWith(name) ? told : `${name} (${told})`;
}
