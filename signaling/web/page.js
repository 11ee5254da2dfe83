// The page: which screen is shown, and what passes between the screens and the client. Knows no network and no Python.

import { agentOfFile, BUILT_IN, fetchAgent, unknownAgent } from "./agents.js";
import { found } from "./elements.js";
import { EndScreen } from "./end-screen.js";
import { MatchScreen } from "./match-screen.js";
import { Alert, Loading, News } from "./notices.js";
import { RoomScreen } from "./room-screen.js";
import { showScreen } from "./screens.js";
import { StartScreen } from "./start-screen.js";
import { terminalCommand } from "./terminal-line.js";
import { enteredRoom, forgetEntered, keepEntered, keepName, nameKept } from "./visit.js";

const LINES = { none: "", connected: "", lost: "The lobby cannot be reached. Trying again…" };

/** Runs the page for `client`, which is told the `wishes` of the address; `readCatalogue` says what the server offers. */
export class Page {
  #client;
  #wishes;
  #readCatalogue;
  #catalogue = { games: [], agents: [], iceServers: [] };
  #alert = new Alert();
  #news = new News();
  #loading = new Loading();
  #start = new StartScreen({
    create: (wish) => this.#create(wish),
    join: (wish) => this.#join(wish),
    solo: (wish) => this.#solo(wish),
    trouble: (error) => this.#trouble(error),
  });
  #room;
  #match;
  #end;
  #begun = null;
  #isLeaving = false;

  constructor(client, wishes, readCatalogue) {
    this.#client = client;
    this.#wishes = wishes;
    this.#readCatalogue = readCatalogue;
    this.#match = new MatchScreen({ keys: (names) => client.keys(names), pause: () => client.pause() });
    this.#room = new RoomScreen({ invite: () => client.invitation() });
    found("invite").addEventListener("click", () => this.#invite());
    this.#end = new EndScreen({ again: () => client.again() });
    found("pause").addEventListener("click", () => client.pause());
    for (const button of document.querySelectorAll("button.leave")) button.addEventListener("click", () => this.#leave());
    Object.assign(client.on, {
      progress: (progress) => this.#loading.show(progress),
      state: (state) => this.#showState(state),
      room: (room) => this.#showRoom(room),
      begun: (begun) => this.#showMatch(begun),
      picture: (picture) => this.#match.show(picture),
      stats: (stats) => this.#match.showStats(stats),
      news: (news) => this.#news.add(news),
      ended: (ended) => this.#showEnd(ended),
      failed: (failed) => this.#fail(failed),
    });
  }

  /** Show the first screen, begin to load, and go where the address leads. */
  async open() {
    const { room, name, game, troubles } = this.#wishes;
    this.#start.fill({ room, name: name ?? nameKept() });
    if (!isAble()) return this.#alert.show(`${UNABLE} ${terminalCommand({ room: room ?? "CODE" })}`);
    if (troubles.length > 0) this.#alert.show(troubles.join(" "));
    try {
      this.#catalogue = await this.#readCatalogue();
    } catch (error) {
      return this.#trouble(error);
    }
    const { games, agents } = this.#catalogue;
    this.#start.offer(games, agents, game ?? this.#gameOfAgent());
    const further = this.#troublesHere();
    if (further.length > 0) this.#alert.show([...troubles, ...further].join(" "));
    this.#client.load();
    if (troubles.length + further.length === 0) await this.#follow();
  }

  /** Return what of the address this server cannot do, and leave it out from now on. */
  #troublesHere() {
    const { game, bot, solo } = this.#wishes;
    const { games, agents } = this.#catalogue;
    const told = [];
    if (game && !this.#titleOf(game)) {
      const offered = games.map((each) => each.name).join(", ");
      told.push(`This server offers browsers no game called ${game.slice(0, 100)}: choose one of ${offered || "none"}.`);
    }
    for (const [part, name] of [["bot", bot], ["solo", solo]]) {
      if (!name || BUILT_IN.includes(name) || this.#agentCalled(name)) continue;
      told.push(unknownAgent(name, agents));
      this.#wishes = { ...this.#wishes, [part]: null };
    }
    return told;
  }

  /** The game of the agent that the address names, if it does. */
  #gameOfAgent() {
    const { bot, solo } = this.#wishes;
    return this.#agentCalled(solo ?? bot)?.game;
  }

  /** Do at once what the address wishes, and come back into a room after a reload. */
  async #follow() {
    const { room, name, game, solo, watch } = this.#wishes;
    const entered = enteredRoom(room);
    const wish = entered ?? (room && name ? { room, name, spectate: watch } : null);
    if (wish) await this.#start.during(() => this.#comeBack(wish));
    else if (solo && this.#catalogue.games.length > 0) {
      const wanted = game ?? this.#gameOfAgent() ?? this.#catalogue.games[0].name;
      await this.#start.during(() => this.#solo({ game: wanted, name: solo }));
    }
  }

  async #comeBack(wish) {
    try {
      await this.#join(wish);
    } catch (error) {
      forgetEntered();
      throw error;
    }
  }

  async #create({ game, players, name }) {
    this.#alert.hide();
    const player = await this.#playerFor(this.#wishes.bot, game);
    const room = await this.#client.create({ game, players, name });
    this.#entered(room, name, false, player);
  }

  async #join({ room: code, name, spectate }) {
    this.#alert.hide();
    const token = this.#wishes.room === code ? this.#wishes.token : null;
    const player = spectate ? {} : await this.#playerFor(this.#wishes.bot);
    const room = await this.#client.join({ room: code, name, spectate, token });
    try {
      if (room.game && !this.#titleOf(room.game)) {
        throw new Error(`This room plays ${room.game.slice(0, 100)}, which this server does not offer to browsers: join it from a terminal with ${terminalCommand({ room: room.room })}`);
      }
      if (player.agent) this.#checkAgent(this.#agentCalled(player.agent.name), room.game);
    } catch (error) {
      await this.#client.leave();
      throw error;
    }
    this.#entered(room, name, spectate, player);
  }

  #entered(room, name, spectate, player) {
    keepName(name);
    keepEntered({ room: room.room, name, spectate });
    const address = new URL(location.href);
    address.searchParams.set("room", room.room);
    history.replaceState(null, "", address);
    this.#showRoom(room);
    showScreen("room");
    this.#client.begin({ ...this.#settings(), ...player, mode: room.seat === null ? "watch" : "play", game: room.game });
  }

  /** Play without a room against who is called `name`, or without a name against the agent of `file`. */
  async #solo({ game, name, file }) {
    this.#alert.hide();
    const player = name ? await this.#playerFor(name, game) : { agent: await agentOfFile(file) };
    this.#room.showSolo(this.#titleOf(game) ?? game, player.agent?.name);
    showScreen("room");
    this.#client.solo({ ...this.#settings(), ...player, game });
  }

  /** Return who plays by that name, {bot}, or {agent} with its bytes; `game` is what it is to play, if that is known. */
  async #playerFor(name, game) {
    if (!name || BUILT_IN.includes(name)) return { bot: name };
    const agent = this.#agentCalled(name);
    if (!agent) throw new Error(unknownAgent(name, this.#catalogue.agents));
    if (game) this.#checkAgent(agent, game);
    return { agent: await fetchAgent(agent) };
  }

  #checkAgent({ name, game: own }, game) {
    if (own === game) return;
    const [can, cannot] = [own, game].map((each) => this.#titleOf(each) ?? each);
    throw new Error(`The agent ${name} plays ${can}, and not ${cannot}: choose that game, or another player for this one.`);
  }

  /** What the address says of the match; what it leaves out is left to the client. */
  #settings() {
    const { frames, transport, impairment } = this.#wishes;
    return { transport, ice_servers: this.#catalogue.iceServers, ...impairment, ...(frames && { frames }) };
  }

  async #leave() {
    if (this.#isLeaving) return;
    this.#isLeaving = true;
    forgetEntered();
    this.#match.end();
    this.#news.clear();
    history.replaceState(null, "", "/");
    this.#start.fill({ room: null, name: this.#start.name });
    showScreen("start");
    try {
      await this.#client.leave();
    } finally {
      this.#isLeaving = false;
    }
  }

  #showRoom(room) {
    if (!room) return;
    this.#room.show(room, this.#gameCalled(room.game), this.#catalogue.qrFolder);
    this.#end.showRoom(room);
    const playing = room.members.filter(({ seat, connected }) => seat !== null && connected !== false);
    found("invite").hidden = !room.locked || room.seat === null || playing.length >= room.players;
    const { lost } = this.#client.facts();
    if (lost) this.#alert.show(lost.message);
  }

  /** Copy a link for whoever takes a seat that has become free. */
  async #invite() {
    try {
      const link = await this.#client.invitation();
      const isCopied = await navigator.clipboard.writeText(link).then(() => true, () => false);
      if (!isCopied) return this.#alert.show(`This link lets a player in, for a few minutes: ${link}`);
      this.#news.add({ sentence: "Copied: a link that lets a player in, for a few minutes.", kind: "good" });
    } catch (error) {
      this.#trouble(error);
    }
  }

  #showMatch(begun) {
    if (this.#isLeaving) return;
    this.#begun = { ...begun, title: this.#titleOf(begun.game) ?? String(begun.game ?? "Match") };
    showScreen("match");
    this.#match.begin(this.#begun);
    this.#match.focus();
  }

  #showEnd(ended) {
    if (this.#isLeaving) return;
    this.#match.end();
    this.#end.show(ended, this.#begun);
    showScreen("end");
  }

  #showState({ engine, lobby }) {
    if (engine === "ready" || engine === "failed") this.#loading.done();
    document.body.dataset.engine = engine;
    found("line").textContent = LINES[lobby] ?? "";
  }

  #fail({ message, traceback }) {
    this.#alert.show(message, traceback);
    const { screen, engine } = document.body.dataset;
    if (screen !== "room") return;
    if (engine === "failed") showScreen("start"); // the client has left the room, and a reload goes back there
    else this.#leave();
  }

  #trouble(error) {
    const { code, message } = error;
    this.#alert.show(code ? `${message.charAt(0).toUpperCase()}${message.slice(1)}` : message); // the lobby begins small
  }

  #agentCalled(name) {
    return this.#catalogue.agents.find((agent) => agent.name === name);
  }

  #titleOf(game) {
    return this.#gameCalled(game)?.title;
  }

  #gameCalled(game) {
    return this.#catalogue.games.find(({ name }) => name === game);
  }
}

const UNABLE =
  "This browser has WebAssembly or workers switched off, which Python needs: switch them on, take another browser, or join from a terminal with";

function isAble() {
  return typeof WebAssembly === "object" && typeof Worker === "function";
}
