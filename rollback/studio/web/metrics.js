// How well an agent plays, in words: what training came to and what an evaluation did, each with of how many. Knows only the names.

import { number, spaced } from "./words.js";

const TELLING = ["success", "lines", "won", "reward", "length"]; // by how much they tell
const SHARES = ["success", "won"];
const MOST = 3;
const TRAINING = "training_"; // what the means of training begin with
// By what says how many were played: where that was.
const PLAYED = {
  starts: (count, { held_out: isHeldOut }) => `from ${count} starts ${isHeldOut === 0 ? "of the training" : "it never trained from"}`,
  games: (count) => `in ${count} games it never trained on`,
  matches: (count) => `in ${count} matches against the built-in bot`,
};

/** Return `{evaluation, training}`: a sentence each, empty where there is nothing to tell. */
export function figuresOf(metrics) {
  const all = Object.entries(metrics ?? {}).filter(([, value]) => Number.isFinite(value));
  const trained = Object.fromEntries(all.filter(([name]) => name.startsWith(TRAINING)).map(([name, value]) => [name.slice(TRAINING.length), value]));
  const played = Object.fromEntries(all.filter(([name]) => !name.startsWith(TRAINING)));
  const counted = Object.keys(PLAYED).find((name) => name in played);
  // Of a checkpoint from before the two were told apart: what was not counted was of training, and so was its reward.
  if (!counted && Object.keys(trained).length === 0) return { evaluation: "", training: sentence("in training", played) };
  if (counted === "starts" && "reward" in played) {
    trained.reward ??= played.reward;
    delete played.reward;
  }
  const episodes = trained.episodes > 1 ? `in training, means of ${number(trained.episodes)} episodes` : "in training";
  const where = counted ? `evaluated ${PLAYED[counted](number(played[counted]), played)}` : "evaluated";
  return { evaluation: sentence(where, played), training: sentence(episodes, trained) };
}

function sentence(where, metrics) {
  const all = Object.keys(metrics).filter((name) => !["episodes", "held_out", ...Object.keys(PLAYED)].includes(name));
  const known = TELLING.filter((name) => all.includes(name));
  const told = (known.length ? known : all).slice(0, MOST).filter((name) => name !== "length" || metrics.success !== 0);
  return told.length ? `${where}: ${told.map((name) => `${wordsOf(name, metrics)} ${valueOf(name, metrics[name])}`).join(" · ")}` : "";
}

function wordsOf(name, metrics) {
  if (name === "length" && "success" in metrics) return "length of the successful ones";
  if (name === "lines" && "games" in metrics) return "lines (median)";
  return spaced(name);
}

function valueOf(name, value) {
  return SHARES.includes(name) ? `${number(100 * value)} %` : number(value);
}
