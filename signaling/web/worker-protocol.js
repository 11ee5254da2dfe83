// The words that page and worker exchange, and how an error crosses between them. Knows no Python and no request.
//
// In:  {type, id, payload}                        type: see REQUESTS
// Out: {type, id, result, timestamp}              type: see ANSWERS
//      {type: "error", id, error, timestamp}      error: {name, message, stack, ...}; id null: it concerns no one request
//      {type: "progress", id, stage, message, loaded, total, timestamp}
// Both: {type: "match", payload: {text, data, channel}}   the match: no request, and without an answer; `text` is JSON,
//      `data` bytes beside it, `channel` an RTCDataChannel that moves into the worker

/** Each request, and the type of the answer when it went well. */
export const ANSWERS = Object.freeze({
  init: "ready",
  installPackages: "installed",
  initEnv: "envReady",
  step: "result",
  reset: "result",
  batch: "result",
  render: "result",
});

/** The type of the messages about a match, in both directions. */
export const MATCH = "match";

/** Requests that make no sense before the worker is ready: they are refused, and not queued. */
export const REFUSED_EARLY = Object.freeze(["step", "reset", "batch", "render"]);

/** An error of this protocol: `name` tells which one. */
export class WorkerError extends Error {
  constructor(name, message) {
    super(message);
    this.name = name;
  }
}

/** Return what of an error can be posted; errors of Python bring the stack of Python. */
export function describeError(error) {
  if (!(error instanceof Error)) return { name: "Error", message: String(error), stack: "" };
  const described = { name: error.name, message: error.message, stack: error.stack ?? "" };
  for (const extra of ["index", "results"]) if (extra in error) described[extra] = error[extra];
  return described;
}

/** Return the error that was described; of a failed batch also `index` and the `results` before it. */
export function revivedError({ name, message, stack, ...extras }) {
  const error = new WorkerError(name, message);
  if (stack) error.stack = stack;
  return Object.assign(error, extras);
}
