// The first screen: a name, a game, and the ways into a match. Knows no lobby; tells what was chosen.

import { found, made } from "./elements.js";
import { Opponents } from "./opponents.js";
import { terminalCommand, TerminalLine } from "./terminal-line.js";

const CODE = /^[0-9a-z][0-9a-z -]{0,63}$/i;

/**
 * Calls `on.create({game, players, name})`, `on.join({room, name, spectate})` or `on.solo({game, name, file})`, in which `name`
 * or `file` is the opponent, and `on.trouble(sentence)` where something lacks. The buttons rest until the games are offered, and
 * while the promise that comes back is open.
 */
export class StartScreen {
  #entry = found("entry");
  #new = found("new-match");
  #join = found("join-match");
  #name = found("name");
  #code = found("code");
  #games = found("games");
  #players = found("players");
  #playersRow = found("players-row");
  #opponents = new Opponents();
  #terminal = new TerminalLine("terminal");
  #listed = [];
  #isBusy = true; // the page is served with buttons that rest
  #on;

  constructor(on) {
    this.#on = on;
    for (const [form, work] of [[this.#new, () => this.#create()], [this.#join, () => this.#enter(false)]]) {
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        this.during(work);
      });
    }
    this.#name.addEventListener("keydown", ({ key, isComposing }) => {
      if (key === "Enter" && !isComposing) (this.#code.value.trim() ? this.#join : this.#new).requestSubmit();
    });
    found("watch").addEventListener("click", () => this.during(() => this.#enter(true)));
    found("solo").addEventListener("click", () => this.during(() => this.#alone()));
    this.#games.addEventListener("change", () => this.#showGame());
    this.#code.addEventListener("input", () => this.#showCommand());
  }

  /** Offer these games, `[{name, title, players}]`, and agents, for the first time; `chosen` names the game that is selected. */
  offer(games, agents, chosen) {
    this.#listed = games;
    this.#opponents.offer(agents);
    this.#games.replaceChildren(...games.map((game, place) => {
      const box = made("input", { type: "radio", name: "game", value: game.name });
      box.checked = game.name === chosen || (place === 0 && !games.some(({ name }) => name === chosen));
      const title = made("span", { className: "title", text: game.title, dir: "auto" });
      const players = made("span", { className: "hint", text: playersOf(game.players) });
      return made("label", { className: "game" }, box, title, players);
    }));
    this.#showGame();
    this.#rest(false);
  }

  /** Fill in what an invitation says. */
  fill({ room, name }) {
    if (name) this.#name.value = name;
    if (room) this.#code.value = room;
    this.#showCommand();
    document.body.classList.toggle("invited", Boolean(room));
    found("start-title").textContent = room ? "You are invited" : "Play together";
    found("join-title").textContent = room ? "Join the room" : "Join by code";
    found("start-lead").textContent = room
      ? "Tell the others your name, and join."
      : "Open a room, send the link, and play directly from browser to browser.";
  }

  /** Do `work`, tell what goes wrong, and let no button begin anything else meanwhile. */
  async during(work) {
    if (this.#isBusy) return;
    this.#rest(true);
    try {
      await work();
    } catch (error) {
      this.#on.trouble(error);
    } finally {
      this.#rest(false);
    }
  }

  get name() {
    return this.#name.value.trim();
  }

  #chosen() {
    const chosen = this.#new.elements.game?.value;
    const game = this.#listed.find(({ name }) => name === chosen);
    if (!game) throw new Error(`This server offers no game to a browser: join a room from a terminal with ${terminalCommand()}`);
    return game;
  }

  #create() {
    const game = this.#chosen();
    const players = game.players.length > 1 ? Number(this.#players.value) : game.players[0];
    return this.#on.create({ game: game.name, players, name: this.name });
  }

  #enter(spectate) {
    const room = this.#code.value.trim();
    if (!CODE.test(room)) {
      this.#code.focus();
      throw new Error("A room has a code of letters and digits, such as K7QW-3MZP: type the one you were told.");
    }
    return this.#on.join({ room, name: this.name, spectate });
  }

  async #alone() {
    this.#opponents.tell("");
    try {
      await this.#on.solo({ game: this.#chosen().name, ...this.#opponents.chosen });
    } catch (error) {
      this.#on.trouble(error);
      this.#opponents.tell(error.message); // after it: the page goes to the one that has the focus
    }
  }

  #rest(isBusy) {
    this.#isBusy = isBusy;
    this.#entry.setAttribute("aria-busy", String(isBusy));
    for (const button of this.#entry.querySelectorAll("button:not(.terminal *)")) button.disabled = isBusy;
  }

  /** Which command leads into the room whose code is written there. */
  #showCommand() {
    const room = this.#code.value.trim();
    this.#terminal.show(CODE.test(room) ? { room: room.toUpperCase() } : {});
  }

  #showGame() {
    const game = this.#new.elements.game?.value;
    this.#opponents.showGame(game);
    const players = this.#listed.find(({ name }) => name === game)?.players ?? [];
    this.#playersRow.hidden = players.length < 2;
    this.#players.replaceChildren(...players.map((count) => made("option", { value: count, text: playersOf([count]) })));
    if (players.includes(2)) this.#players.value = "2";
  }
}

function playersOf(players) {
  const [least, most] = [Math.min(...players), Math.max(...players)];
  return least === most ? `${least} player${least === 1 ? "" : "s"}` : `${least} to ${most} players`;
}
