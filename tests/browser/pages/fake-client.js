// A client that acts as a test tells it: it plays no match, knows no server, and notes what the page asked of it.

export class FakeClient {
  on = {};
  room = null;
  calls = []; // what the page asked for, as [name, argument]
  refusal = null; // {code, message}: what create and join reject with
  lost = null;
  game = "pong"; // what a room that is joined plays
  gate = null; // a promise that create and join wait for

  load() {
    this.calls.push(["load", null]);
  }

  async create(wish) {
    return this.#enter("create", wish, { room: "RIVER-OTTER-42", game: wish.game, players: wish.players, seat: 0, name: wish.name });
  }

  async join(wish) {
    return this.#enter("join", wish, { room: wish.room, game: this.game, players: 2, seat: wish.spectate ? null : 1, name: wish.name });
  }

  async invitation() {
    this.calls.push(["invitation", null]);
    return `${location.origin}/?room=${this.room.room}&token=fresh`;
  }

  begin(settings) {
    this.calls.push(["begin", settings]);
  }

  solo(settings) {
    this.calls.push(["solo", settings]);
  }

  keys(held) {
    this.calls.push(["keys", held]);
  }

  pause() {
    this.calls.push(["pause", null]);
  }

  again() {
    this.calls.push(["again", null]);
  }

  async leave() {
    this.calls.push(["leave", null]);
    this.room = null;
  }

  facts() {
    return { room: this.room, lost: this.lost };
  }

  /** What was asked under that name, in order. */
  asked(name) {
    return this.calls.filter(([called]) => called === name).map(([, argument]) => argument);
  }

  /** Act as if the worker or the lobby had told something. */
  tell(name, told) {
    this.on[name](told);
  }

  tellRoom(changes) {
    this.room = { ...this.room, ...changes };
    this.tell("room", this.room);
  }

  async #enter(name, wish, { room, game, players, seat, name: own }) {
    this.calls.push([name, wish]);
    await this.gate;
    if (this.refusal) throw Object.assign(new Error(this.refusal.message), this.refusal);
    const link = `${location.origin}/?room=${room}`;
    const me = { id: "m1", name: own || "player", seat, connected: true, life: 1, loading: true };
    this.room = { room, link, me, members: [me], players, game, seat, locked: false, match: 0, watching: 0, connected: true };
    return this.room;
  }
}
