// Trained agents: their bytes from this server or from a file that somebody picks, held to size and hash. Knows no match; what
// the bytes mean is read in the worker alone, where nothing of them is run.

import { terminalCommand } from "./terminal-line.js";

/** Bytes that a checkpoint has at most: those of `MAX_FILE` in rollback/agents/checkpoints/limits.py. */
export const MAX_FILE = 65 * (1 << 20) + 64 * 1024;

const NAME = /^[a-z0-9][a-z0-9_-]{0,63}$/;
const DIGEST = /^[0-9a-f]{64}$/;
const BEGINNING = [0x50, 0x4b, 0x03, 0x04]; // of every .npz
const LONGEST = 100; // characters of a file's name
const WITHIN = 60_000; // ms for the bytes of the server

/** The players that every server has. */
export const BUILT_IN = Object.freeze(["best", "random"]);

/** Whether something can be what an address calls an opponent. */
export function isOpponent(name) {
  return typeof name === "string" && NAME.test(name);
}

/** Return what of a manifest's `agents` is one, `[{name, game, title, sha256, size}]`. */
export function agentsOf(told) {
  if (!Array.isArray(told)) return [];
  const isFile = ({ sha256, size }) =>
    typeof sha256 === "string" && DIGEST.test(sha256) && Number.isInteger(size) && size > 0 && size <= MAX_FILE;
  const isAgent = (each) =>
    isOpponent(each?.name) && !BUILT_IN.includes(each.name) && typeof each.game === "string" && isFile(each);
  return told.filter(isAgent).map(({ name, game, title, sha256, size }) => ({ name, game, title: String(title || name), sha256, size }));
}

/** Return the sentence for a name that none of the agents has. */
export function unknownAgent(name, agents) {
  const there = [...BUILT_IN, ...agents.map((each) => each.name)].join(", ");
  return `This server has no agent called ${name}: choose one of ${there}.`;
}

/** Return {name, data} of an agent that this server offers; rejects with one sentence. */
export async function fetchAgent({ name, sha256, size }) {
  const response = await fetch(`/assets/agents/${sha256}.npz`, { signal: AbortSignal.timeout(WITHIN) }).catch(() => null);
  if (!response) throw new Error(`The agent ${name} does not come: is the server still running?`);
  if (!response.ok) throw new Error(`The server has the agent ${name} no more: reload the page to see which ones there are.`);
  const data = await bytesOf(response, size).catch(() => null);
  if (data?.byteLength !== size || ![sha256, null].includes(await hashOf(data))) {
    throw new Error(`The agent ${name} came otherwise than the server says it is: reload the page, and try it again.`);
  }
  return { name, data };
}

/** Return {name, data} of a file that somebody picked; rejects with one sentence. What is too large is not read. */
export async function agentOfFile(file) {
  if (!file) throw new Error("Choose the file of an agent, FILE.npz, or another opponent.");
  const name = file.name.slice(0, LONGEST);
  if (/\.onnx$/i.test(file.name)) {
    throw new Error(`${name} is an ONNX model, which no browser can play here: play it from a terminal with ${terminalCommand()} --bot FILE.onnx`);
  }
  if (file.size === 0) throw new Error(`${name} is empty: choose a file FILE.npz that training saved.`);
  if (file.size > MAX_FILE) {
    throw new Error(`${name} has ${file.size} bytes and an agent at most ${MAX_FILE}: choose a file FILE.npz that training saved.`);
  }
  const content = await file.arrayBuffer().catch(() => null);
  if (!content) throw new Error(`${name} cannot be read any more: choose it again.`);
  const data = new Uint8Array(content);
  if (BEGINNING.some((byte, place) => data[place] !== byte)) {
    throw new Error(`${name} is no agent: choose a file FILE.npz that training saved.`);
  }
  return { name, data };
}

/** Return the bytes of an answer, and one piece more at most where it is longer than `size`. */
async function bytesOf(response, size) {
  const pieces = [];
  let length = 0;
  for (const reader = response.body.getReader(); length <= size; ) {
    const { value, done } = await reader.read();
    if (done) return new Uint8Array(await new Blob(pieces).arrayBuffer());
    pieces.push(value);
    length += value.byteLength;
    if (length > size) await reader.cancel();
  }
  return null;
}

/** Return the SHA-256 of bytes; null where the browser has none without https: the file holds its own, which is looked at. */
async function hashOf(data) {
  if (!globalThis.crypto?.subtle) return null;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", data));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
