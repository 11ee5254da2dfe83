// What an address wishes: `/?room=CODE&name=ann&latency=80,20,0.05`. Knows no page; whatever is wrong is one sentence.

import { isOpponent } from "./agents.js";

const LONGEST = 200; // characters of a value that is shown again

/**
 * Read the part of an address after the question mark.
 *
 * Returns {room, token, name, game, watch, bot, solo, frames, study, transport, transfer, impairment, troubles}.
 */
export function readWishes(search) {
  const given = new URLSearchParams(search);
  const troubles = [];
  const oneOf = (key, allowed, otherwise) => {
    const value = given.get(key);
    if (value === null || value === "") return otherwise;
    if (allowed.includes(value)) return value;
    troubles.push(`?${key}=${shown(value)} is not known: use ${allowed.join(" or ")}, or leave it out.`);
    return otherwise;
  };
  const opponent = (key, value) => {
    if (!value) return null;
    if (isOpponent(value)) return value; // whether there is one is known when the server told whom it has
    troubles.push(`?${key}=${shown(value)} is not known: use best, random or the name of an agent of this server, or leave it out.`);
    return null;
  };
  return {
    room: given.get("room")?.trim() || null,
    token: given.get("token") || given.get("invite") || null,
    name: given.get("name")?.trim() || null,
    game: given.get("game") || null,
    watch: oneOf("watch", ["0", "1"], "0") === "1",
    bot: opponent("bot", given.get("bot")),
    solo: opponent("solo", given.get("solo")),
    transport: oneOf("transport", ["auto", "webrtc", "relay"], "auto"),
    transfer: oneOf("transfer", ["on", "off"], "on") === "on",
    frames: readFrames(given.get("frames"), troubles),
    impairment: readImpairment(given.get("latency"), troubles),
    study: given.get("study"),
    troubles,
  };
}

function readFrames(text, troubles) {
  if (!text) return null;
  const frames = Number(text);
  if (/^[0-9]{1,9}$/.test(text) && frames > 0) return frames;
  troubles.push(`?frames=${shown(text)} is no length of a match: give a whole number of frames from 1 on, such as 1800.`);
  return null;
}

/** Three numbers, of which the last ones may be left out: milliseconds, milliseconds of jitter, and a share that is lost. */
function readImpairment(text, troubles) {
  const none = { latency_ms: 0, jitter_ms: 0, loss: 0 };
  if (!text) return none;
  const numbers = text.split(",").map((part) => (/^[0-9]{1,5}(\.[0-9]{1,6})?$/.test(part.trim()) ? Number(part) : NaN));
  const [latency_ms, jitter_ms = 0, loss = 0] = numbers;
  const isRight = numbers.length <= 3 && latency_ms <= 5000 && jitter_ms <= 5000 && loss <= 1;
  if (isRight) return { latency_ms, jitter_ms, loss };
  troubles.push(
    `?latency=${shown(text)} is no line: give milliseconds, milliseconds of jitter (5000 at most) and the share that is lost, such as 80,20,0.05.`,
  );
  return none;
}

function shown(text) {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
