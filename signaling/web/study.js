// A participant's way through a study: consent, waiting, matches, the code at the end. Knows the server's stages; knows no
// rule: what comes next is what the server says.

import { found } from "./elements.js";
import { MatchScreen } from "./match-screen.js";
import { Loading, News } from "./notices.js";
import { showScreen } from "./screens.js";
import { StudyOpponent } from "./study-opponent.js";
import { leavingButton, StudyScreen } from "./study-screen.js";
import { StudyServer } from "./study-server.js";
import { StudyUploads } from "./study-uploads.js";

const LOOK_EVERY = 2000; // ms
const PINGS = 6; // round trips that are measured before somebody plays; the first one opens the connection, and does not count
const LAST_UPLOADS = 15_000; // ms that they may take once it is over
const JOIN_TRIES = 5; // an older window of the same participant may still be in the room
const JOIN_AGAIN = 2000; // ms
const LINK = ["participant", "PROLIFIC_PID", "STUDY_ID", "SESSION_ID"]; // parameters of the address
const COMPLETE = ["end_at", "over"]; // reasons of a match that came to its end
const BROKEN = /^(step raised|desync|mismatch|the versions)/i; // reasons that are nobody's leaving

/** Lead a participant through the study; `wishes` is what the address wishes besides. */
export function runStudy({ client, wishes }) {
  return new StudyRun(client, wishes).open();
}

class StudyRun {
  #client;
  #wishes;
  #server;
  #uploads;
  #screen = new StudyScreen();
  #match;
  #news = new News();
  #loading = new Loading();
  #view = { stage: "arrived" };
  #engine; // resolves when Python is ready, rejects when it cannot be
  #engineState = {};
  #opponent = new StudyOpponent();
  #playing = null; // the episode that runs on this page: {episode, isBegun, isEnded}
  #rtt = null;
  #busy = Promise.resolve(); // one step at a time
  #shown = ""; // the stage, episode and room that were acted on last
  #isOver = false;

  constructor(client, wishes) {
    this.#client = client;
    this.#wishes = wishes;
    this.#match = new MatchScreen({ keys: (names) => client.keys(names), pause: () => {} });
    this.#engine = new Promise((resolve, reject) => Object.assign(this.#engineState, { resolve, reject }));
    this.#engine.catch(() => {}); // it is looked at when it is needed
    Object.assign(client.on, {
      progress: (progress) => this.#loading.show(progress),
      state: ({ engine }) => engine === "ready" && this.#engineReady(),
      begun: (begun) => this.#begun(begun),
      picture: (picture) => this.#match.show(picture),
      stats: (stats) => this.#measured(stats),
      news: (news) => this.#news.add(news),
      data: (piece) => this.#uploads.add(piece),
      ended: (ended) => this.#ended(ended),
      failed: (failed) => this.#failed(failed),
    });
    for (const button of document.querySelectorAll("#match button.leave")) leavingButton(() => this.#leave("withdrew"), button);
  }

  async open() {
    const given = new URLSearchParams(location.search);
    const parameters = Object.fromEntries(LINK.filter((key) => given.has(key)).map((key) => [key, given.get(key)]));
    const participant = parameters.participant ?? parameters.PROLIFIC_PID ?? "";
    this.#server = new StudyServer(participant, (isThere) => this.#line(isThere));
    this.#uploads = new StudyUploads(this.#server);
    this.#screen.say("loading", "One moment…");
    if (!("WebAssembly" in window && "Worker" in window)) {
      return this.#screen.say("unable", "This browser cannot run the study", "It needs a browser of today with WebAssembly: try Firefox, Chrome, Edge or Safari.");
    }
    await this.#step(async () => {
      const view = await this.#server.arrive(parameters);
      if (view.stage !== "ended") {
        this.#client.load();
        this.#opponent.begin(view.agent);
      }
      await this.#go(view);
    });
    this.#keepLooking();
  }

  /** Do one thing after the other; what the server refuses ends the way here. */
  #step(work) {
    this.#busy = this.#busy.then(async () => {
      if (this.#isOver) return;
      try {
        await work();
      } catch (error) {
        await this.#stop(error);
      }
    });
    return this.#busy;
  }

  /** Ask for the next step; where it went on without us, as when the partner left just now, see where it is. */
  async #ask(deed, fields) {
    try {
      return await this.#server.ask(deed, fields);
    } catch (error) {
      if (error.code !== "stage") throw error;
      return this.#server.ask("look");
    }
  }

  async #keepLooking() {
    while (!this.#isOver) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY));
      if (["arrived", "consented"].includes(this.#view.stage)) continue;
      await this.#step(async () => {
        const view = await this.#server.look(this.#rtt === null ? {} : { rtt_ms: this.#rtt });
        this.#rtt = null;
        if (view) await this.#go(view);
      });
    }
  }

  /** Do what the stage asks for, once. */
  async #go(view) {
    this.#view = view;
    if (view.stage === "waiting") return this.#screen.waiting(view.waiting_left, () => this.#leave("withdrew"));
    const shown = [view.stage, view.episode, view.room].join(" ");
    if (shown === this.#shown) return;
    this.#shown = shown;
    switch (view.stage) {
      case "arrived":
        return void this.#askForConsent(view);
      case "consented":
        return this.#getReady();
      case "paired":
      case "playing":
        return this.#play(view);
      case "done":
        return this.#screen.say("done", "Well played", "Please wait a moment for your partner: the next match begins by itself.");
      case "finished":
      case "ended":
        return this.#end(view);
    }
  }

  async #askForConsent({ title, consent }) {
    const agreed = await this.#screen.consent(title, consent);
    await this.#step(async () => this.#go(await this.#ask("agree", { agreed })));
  }

  /** Wait for the engine and the agent, measure the line, and ask for a partner. */
  async #getReady() {
    this.#screen.say("ready", "Getting ready", "The game is being loaded. This takes a few seconds.");
    try {
      await this.#engine;
      await this.#opponent.get(this.#view.agent);
    } catch (error) {
      return this.#go(await this.#ask("leave", { kind: "failed", detail: String(error.message) }));
    }
    const trips = [];
    for (let count = 0; count < PINGS; count += 1) trips.push(await this.#server.ping());
    await this.#go(await this.#ask("ready", { rtt_ms: trips.slice(1) }));
  }

  async #play({ title, game, opponent, agent, episode, episodes, frames, room, expected, settings }) {
    if (this.#playing?.episode === episode) return;
    this.#playing = { episode, isBegun: false, isEnded: false };
    this.#uploads.begin(episode, expected);
    const many = episodes > 1 ? `Match ${episode} of ${episodes}` : "The match";
    this.#screen.say("match", title, `${many} begins…`);
    const { transport, impairment } = this.#wishes;
    const wanted = { ...settings, ...impairment, transport, game, frames, study: true };
    if (agent) {
      return this.#client.solo({ ...wanted, agent: await this.#opponent.get(agent) });
    }
    if (!room) return this.#client.solo({ ...wanted, bot: opponent });
    await this.#join(room);
    this.#client.begin({ ...wanted, mode: "play" });
  }

  async #join(room) {
    if (this.#client.room) await this.#client.leave();
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.#client.join({ room, name: "participant" }); // the partner must not learn the id
      } catch (error) {
        if (tries === JOIN_TRIES || error.code === "unknown_room") throw error;
        await new Promise((resolve) => setTimeout(resolve, JOIN_AGAIN));
      }
    }
  }

  #begun(begun) {
    const { episode, title } = this.#view;
    this.#match.begin({ ...begun, title });
    showScreen("match");
    document.body.dataset.study = "match";
    document.title = `${title}: match ${episode}`;
    this.#match.focus();
    if (this.#playing.isBegun) return;
    this.#playing.isBegun = true;
    this.#step(async () => this.#go(await this.#ask("begin", { episode: this.#playing.episode, player: begun.player })));
  }

  #measured(stats) {
    this.#match.showStats(stats);
    if (Number.isFinite(stats.rtt_ms)) this.#rtt = stats.rtt_ms;
  }

  #ended(ended) {
    if (!this.#playing || this.#playing.isEnded) return;
    this.#playing.isEnded = true;
    this.#match.end();
    this.#step(() => this.#hand(ended));
  }

  /** Bring the rest of the data to the server, and tell how the match ended. */
  async #hand({ reason, frames, checksum, sentence }) {
    const { episode } = this.#playing;
    this.#screen.say("saving", "One moment…", "The data of this match are being saved.");
    if (COMPLETE.includes(reason)) {
      await this.#uploads.done();
      return this.#go(await this.#ask("played", { episode, frames, reason, checksum }));
    }
    await this.#uploads.done(LAST_UPLOADS);
    const kind = BROKEN.test(reason) || !this.#view.room ? "failed" : "partner_left";
    await this.#go(await this.#ask("leave", { kind, detail: `${reason}: ${sentence}`.slice(0, 200) }));
  }

  /** The engine, or a match that never began, failed; of a match that ran `ended` tells. */
  #failed({ name, message }) {
    this.#engineState.reject(new Error(message));
    if (!this.#playing || this.#playing.isEnded) return;
    const kind = name === "NetworkError" && this.#view.room ? "partner_left" : "failed";
    this.#playing.isEnded = true;
    this.#step(async () => this.#go(await this.#ask("leave", { kind, detail: message.slice(0, 200) })));
  }

  #leave(kind) {
    if (this.#playing) this.#playing.isEnded = true;
    // The server hears it first: the partner's page, which only sees that we are gone, would tell it otherwise.
    this.#step(async () => this.#go(await this.#ask("leave", { kind })));
  }

  /** It is over: leave the match, bring the rest of the data away, show the code. */
  async #end(view) {
    if (this.#playing) this.#playing.isEnded = true;
    this.#match.end();
    await this.#quit();
    await this.#uploads.done(LAST_UPLOADS);
    this.#isOver = true;
    this.#server.end();
    this.#loading.done();
    this.#screen.end(view, this.#uploads.problem);
  }

  /** What cannot be gone on from: another window, a link that is wrong, a study that is not there. */
  async #stop(error) {
    this.#isOver = true;
    this.#server.end();
    if (this.#playing) this.#playing.isEnded = true;
    this.#match.end();
    this.#loading.done();
    if (error.name !== "StudyError") {
      reportError(error);
      await this.#server.ask("leave", { kind: "failed", detail: String(error.message).slice(0, 200) }).then(
        (view) => this.#screen.end(view, this.#uploads.problem),
        () => this.#screen.say("stopped", "The study cannot go on here", error.message),
      );
    } else {
      this.#screen.say("stopped", "The study cannot go on here", error.message);
    }
    await this.#quit();
  }

  async #quit() {
    if (this.#client.room || this.#playing) await this.#client.leave();
  }

  #engineReady() {
    this.#loading.done();
    this.#engineState.resolve();
  }

  #line(isThere) {
    found("line").textContent = isThere ? "" : "The server cannot be reached. Trying again…";
  }
}
