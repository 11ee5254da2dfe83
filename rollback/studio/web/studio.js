// The page as a whole: what happens is taken into the model and shown; what is pressed is asked of the studio.

import { Charts } from "./charts.js";
import { CheckpointList } from "./checkpoint-list.js";
import { Compared } from "./compared.js";
import { Connection } from "./connection.js";
import { Curve } from "./curve.js";
import { download } from "./download.js";
import { found, tell } from "./elements.js";
import { Link } from "./link.js";
import { Model } from "./model.js";
import { Notices, savedAs } from "./notices.js";
import { Numbers } from "./numbers.js";
import { Picture } from "./picture.js";
import { press } from "./presses.js";
import { ACTIVE, RunList } from "./run-list.js";
import { RunScreen } from "./run-screen.js";
import { problemOfName, Settings } from "./settings.js";
import { Colours } from "./surface.js";
import { number, plainWords } from "./words.js";

const NOTHING = new Curve();

export class Studio {
  #model = new Model();
  #colours = new Colours();
  #notices = new Notices();
  #picture = new Picture(this.#colours);
  #charts = new Charts(this.#colours);
  #numbers = new Numbers();
  #compared = new Compared(() => this.#showCurve());
  #screen = new RunScreen();
  #token;
  #link;
  #connection;
  #settings;
  #runs;
  #checkpoints;
  #chosen = null; // the run that is looked at; null: a new training
  #notHere = ""; // why the checkpoints of the run cannot be played in this browser alone; empty where they can
  #isFirst = true;
  #seen = { snapshots: 0, updates: 0, points: 0 };

  constructor(token) {
    this.#token = token;
    this.#link = new Link({ token, onEvent: (name, payload) => this.#happened(name, payload), onState: (state) => this.#stands(state) });
    this.#connection = new Connection({ onNow: () => this.#link.connect(), onToken: (given) => this.#enter(given) });
    const [onAnother, onWhat] = [() => this.choose(null), () => this.#preview()];
    this.#settings = new Settings({ onStart: (fields) => this.#start(fields), onAnother, onWhat });
    const onDelete = (run) => this.#ask("delete", { run });
    this.#runs = new RunList({ onChoose: (run) => this.choose(run), onDelete, onMore: (run) => this.#older(run) });
    this.#checkpoints = new CheckpointList({
      onLoad: (name) => this.#about("load", { name }),
      onHere: (name) => this.#play("play_here", name, "is ready for you.", "Play it here"),
      onPlay: (name) => this.#play("play", name, "waits for you in a room.", "Play against it"),
      onExport: (name) => this.#export(name),
      onDelete: (name) => this.#about("delete", { name }).then(() => this.#lookUp()),
    });
    press({
      about: (command, fields) => this.#about(command, fields),
      state: () => this.#run()?.state,
      say: (sentence) => this.#notices.show("info", sentence),
      goOn: () => this.#goOn(),
      saveNamed: () => this.#saveNamed(),
      can: (id) => this.#screen.can(id),
    });
    this.#link.connect();
  }

  /** What the page knows, for tests and for whoever looks into the console. */
  facts() {
    const run = this.#run();
    const curve = this.#chosen ? this.#model.curve(this.#chosen) : NOTHING;
    const drawn = { pictures: this.#picture.drawn, charts: this.#charts.drawn, episodes: this.#charts.episodes };
    return { ...this.#seen, drawn, chosen: this.#chosen, run, curve: { size: curve.size, last: curve.last, stride: curve.stride } };
  }

  /** Look at a run from now on; null: at a training that is not there yet. */
  async choose(name) {
    if (name !== this.#chosen) this.#clear(name);
    this.#chosen = name;
    this.#show();
    if (name === null) return this.#preview();
    const answer = await this.#ask("watch", { run: name });
    if (!answer || this.#chosen !== name) return;
    if (answer.curve && answer.curve.last > this.#model.curve(name).last) {
      this.#model.curve(name).begin({ generation: this.#run()?.generation, ...answer.curve });
    }
    this.#model.checkpoints.set(name, answer.checkpoints ?? []);
    this.#notHere = answer.not_here ?? "";
    this.#show();
    if (!ACTIVE.includes(this.#run()?.state)) await this.#preview();
  }

  /** Take away what is shown of another run. */
  #clear(name) {
    const known = this.#model.picture(name);
    if (known) this.#picture.show(known);
    else this.#picture.clear(this.#link.isConnected ? "" : "Its picture comes when the connection is back.");
  }

  #run() {
    return this.#model.runs.get(this.#chosen) ?? null;
  }

  // What happens.

  #stands(state) {
    this.#connection.show(state);
    this.#show();
  }

  /** Take an event; a picture is taken when it is painted, so that a slow page gets fewer. */
  #happened(name, payload) {
    this.#notices.take(name, payload);
    const take = {
      snapshot: () => this.#begin(payload),
      status: () => this.#status(payload),
      complete: () => this.#status(payload),
      deleted: () => this.#deleted(payload),
      checkpoints: () => this.#changedElsewhere(payload),
      update: () => this.#update(payload),
      points: () => this.#points(payload),
      curve: () => this.#curve(payload),
      reset_complete: () => this.#begunAnew(payload),
      save_complete: () => this.#saved(payload),
      load_complete: () => this.#lookUp(payload.run),
    }[name];
    return take?.();
  }

  #begin(snapshot) {
    this.#seen.snapshots++;
    this.#model.begin(snapshot);
    this.#notices.catchUp(snapshot.notices);
    this.#settings.offer(this.#model.algorithms, this.#model.limits);
    const running = this.#model.runs.get(snapshot.watching);
    if (this.#chosen && !this.#model.runs.has(this.#chosen)) this.#chosen = null;
    if (this.#isFirst && running) this.#chosen = running.run;
    this.#isFirst = false;
    this.choose(this.#chosen);
  }

  #status(run) {
    const before = this.#model.take(run);
    if (before && ACTIVE.includes(before.state) && !ACTIVE.includes(run.state)) this.#lookUp(run.run); // it saved as it left
    this.#show();
  }

  #deleted({ run }) {
    this.#model.forget(run);
    return this.#chosen === run ? this.choose(null) : this.#show();
  }

  #update(update) {
    this.#seen.updates++;
    const run = this.#model.runs.get(update.run);
    if (run) Object.assign(run, { episode: update.episode, step: update.step, epsilon: update.epsilon });
    this.#model.keepPicture(update.run, update.picture);
    if (update.run !== this.#chosen) return undefined;
    this.#showCurve();
    return this.#picture.show(update.picture);
  }

  #points(told) {
    this.#seen.points += told.rows?.length ?? 0;
    this.#model.add(told);
    this.#showCurve();
  }

  #curve(told) {
    this.#model.curve(told.run).begin(told);
    this.#showCurve();
  }

  #begunAnew({ run }) {
    this.#lookUp(run);
    if (ACTIVE.includes(this.#model.runs.get(run)?.state)) return; // its picture comes
    this.#model.forgetPicture(run);
    if (run === this.#chosen) this.#preview();
  }

  #saved(told) {
    if (!told.by_hand && told.run === this.#chosen) tell(found("saved-told"), `Saved by itself as ${savedAs(told)}.`);
    this.#lookUp(told.run);
  }

  #changedElsewhere({ run }) {
    this.#lookUp(run);
    if (this.#model.runs.get(run)?.state !== "elsewhere") return;
    this.#model.forgetPicture(run); // no pictures of it come: that of its newest checkpoint is the newest there is
    if (run === this.#chosen) this.#preview();
  }

  // What is asked.

  async #ask(command, fields) {
    try {
      return await this.#link.ask(command, fields);
    } catch (error) {
      if (!error.told) this.#notices.show("error", error.message); // what the studio refuses it also tells as an event
      return null;
    }
  }

  #about(command, fields = {}) {
    return this.#ask(command, { run: this.#chosen, ...fields });
  }

  async #start(fields) {
    const answer = await this.#ask("start", { ...fields, speed: "full" });
    if (answer) await this.choose(answer.run);
  }

  #goOn() {
    const episodes = this.#settings.episodes;
    return this.#about("start", episodes === undefined ? {} : { episodes });
  }

  async #preview() {
    const run = this.#run();
    const known = this.#model.picture(this.#chosen);
    if (known) {
      await this.#picture.show(known);
      return;
    }
    const what = run ? { run: run.run } : { algo: this.#settings.algo, env: this.#settings.env };
    if (!(run || what.algo) || !this.#link.isConnected) return;
    const answer = await this.#ask("preview", what); // of a run: what its newest checkpoint has learned
    const isWanted = this.#run()?.run === run?.run && !ACTIVE.includes(this.#run()?.state) && !this.#model.picture(this.#chosen);
    if (answer && isWanted) await this.#picture.show(answer.picture);
  }

  async #older(run) {
    const answer = await this.#ask("runs", { run });
    if (answer) this.#model.extend(answer);
    this.#show();
  }

  async #lookUp(run = this.#chosen) {
    if (run !== this.#chosen || run === null) return;
    const answer = await this.#ask("checkpoints", { run });
    if (!answer) return;
    this.#model.checkpoints.set(run, answer.checkpoints);
    this.#notHere = answer.not_here ?? "";
    this.#show();
  }

  async #play(command, name, said, text) {
    const answer = await this.#about(command, { name });
    if (!answer) return;
    const url = URL.canParse(answer.url, location.href) ? new URL(answer.url, location.href) : null;
    if (!url || !["http:", "https:"].includes(url.protocol)) return;
    this.#notices.show("good", `${plainWords(name, 64)} ${said}`, { text, href: url.href });
  }

  async #export(name) {
    const answer = await this.#about("export", { name });
    if (!answer) return;
    const problem = await download(answer.url, `${this.#chosen}-${name}.npz`, this.#token);
    this.#notices.show(problem ? "error" : "good", problem || `Exported ${plainWords(name, 64)}, ${number(answer.bytes)} bytes.`);
  }

  #enter(token) {
    this.#token = token;
    this.#link.connect(token);
  }

  #saveNamed() {
    const name = found("save-name").value.trim();
    const problem = problemOfName(name);
    tell(found("save-told"), problem);
    if (problem) found("save-name").focus();
    else this.#about("save", { name }).then((answer) => answer && (found("save-name").value = ""));
  }

  // What is shown.

  #show() {
    const run = this.#run();
    const isElsewhere = run?.state === "elsewhere";
    this.#screen.show(run, { isConnected: this.#link?.isConnected ?? false });
    this.#settings?.show(run, { isActive: isElsewhere || ACTIVE.includes(run?.state) });
    this.#runs?.show([...this.#model.runs.values()], this.#chosen, this.#model.more);
    this.#checkpoints?.show(this.#model.checkpoints.get(this.#chosen) ?? [], this.#notHere, { canLoad: !isElsewhere });
    if (run?.run !== this.savedOf) tell(found("saved-told"), "");
    this.savedOf = run?.run;
    found("checkpoints-card").hidden = !run;
    this.#showCurve();
  }

  #showCurve() {
    const run = this.#run();
    const curve = run ? this.#model.curve(run.run) : NOTHING;
    const siblings = this.#compared.show(this.#chosen, run ? this.#model.siblings(run.run) : []);
    this.#charts.show({ curve, siblings, label: run ? `seed ${run.seed}` : "" });
    this.#numbers.show(run, curve);
  }
}
