// The screen of a room before its match: the invitation, and who is there and ready. Knows members; knows no match.

import { found, made, nameOf } from "./elements.js";
import { Invitation } from "./invitation.js";
import { TerminalLine } from "./terminal-line.js";

/** Shows the room as the lobby tells it, or that Python is loaded where there is none. */
export class RoomScreen {
  #invitation;
  #title = found("room-title");
  #lead = found("room-lead");
  #members = found("members");
  #watchers = found("watchers");
  #terminal = new TerminalLine("room-terminal");

  /** `invite()` resolves with a link into the room, also while it is locked. */
  constructor({ invite }) {
    this.#invitation = new Invitation(invite);
  }

  /** Show `room` as the client has it, whose game the catalogue has as `game`, if it does. */
  show(room, game, qrFolder) {
    const seats = room.members.filter(({ seat }) => seat !== null);
    const isFull = seats.filter(({ connected, loading }) => connected && !loading).length >= room.players;
    this.#title.textContent = isFull ? "Here we go" : "Waiting for players";
    this.#lead.replaceChildren(game ? `${game.title} · ` : "", "room ", made("code", { text: room.room, dir: "ltr" }));
    this.#invitation.show(room.link, qrFolder, Boolean(room.locked));
    this.#terminal.show({ verb: room.locked ? "watch" : "play", room: room.room, game });
    const places = Array.from({ length: Math.min(room.players ?? 0, 64) }, (_, seat) => seat);
    this.#members.replaceChildren(...places.map((seat) => lineOf(seats.find((member) => member.seat === seat), seat, room)));
    const watching = room.members.filter(({ seat }) => seat === null).length + (room.watching ?? 0);
    const told = watching === 1 ? "One is watching." : `${watching} are watching.`;
    this.#watchers.textContent = watching > 0 ? (room.seat === null && watching === 1 ? "You are watching." : told) : "";
    found("members-title").hidden = false;
  }

  /** Show that a match without a room is about to begin, against an agent of that name or a bot. */
  showSolo(title, agent) {
    this.#title.textContent = "Getting ready";
    this.#lead.replaceChildren(`${title} against `, agent ? nameOf(agent) : "the bot");
    this.#invitation.show(null);
    this.#members.replaceChildren();
    found("members-title").hidden = true;
    this.#watchers.textContent = "It begins as soon as Python is here.";
  }
}

function lineOf(member, seat, room) {
  const number = made("span", { className: "number", text: String(seat + 1), "aria-hidden": "true" });
  if (!member) {
    return made("li", { className: "free" }, number, made("span", { className: "name", text: "Free seat" }), stateOf("free", ""));
  }
  const isOwn = seat === room.seat;
  const state = !member.connected ? ["away", "away"] : member.loading ? ["loading", "loading"] : ["ready", "ready"];
  const own = isOwn ? [made("span", { className: "own", text: "you" })] : [];
  return made("li", {}, number, nameOf(member.name), ...own, stateOf(...state));
}

function stateOf(state, text) {
  return made("span", { className: `state ${state}`, text });
}
