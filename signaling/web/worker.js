// The worker: holds back requests until Python is ready, then does them one after the other. Knows messages, and who does
// what they ask. A module worker: Pyodide loads in no other kind.

import { ANSWERS, MATCH, REFUSED_EARLY, WorkerError, describeError } from "./worker-protocol.js";
import { PythonEnvironment } from "./worker-environment.js";
import { WorkerMatch } from "./worker-match.js";
import { MANIFEST, loadRuntime } from "./worker-runtime.js";

const EARLY = 1000; // requests that may wait for READY

let runtime = null;
let environment = null;
let state = "new"; // new -> starting -> ready | failed
let failure = null;
let turn = Promise.resolve(); // requests are done in the order in which they came
const early = [];
const match = new WorkerMatch((payload, transfer) => self.postMessage({ type: MATCH, payload }, transfer), teller(null));

const WORK = {
  installPackages: (packages, tell) => runtime.install(packages, tell),
  initEnv: (code) => environment.call("initEnv", code),
  step: (actions) => environment.call("step", actions),
  reset: (seed) => environment.call("reset", seed),
  batch: (commands) => environment.call("batch", commands),
  render: () => environment.call("render"),
};

// Listening starts before anything is awaited, or the first messages would be lost.
self.addEventListener("message", ({ data }) => receive(data ?? {}));
self.addEventListener("messageerror", () => {
  refuse(null, new WorkerError("MessageError", "a message of the page could not be read by the worker"));
});
self.addEventListener("unhandledrejection", (event) => {
  event.preventDefault();
  if (match.runs) match.fail(event.reason);
  else refuse(null, event.reason);
});

function receive({ type, id = null, payload }) {
  if (type === "destroy") return self.close();
  if (type === MATCH) return match.receive(payload);
  if (!Object.hasOwn(ANSWERS, type)) {
    return refuse(id, new WorkerError("ProtocolError", `${String(type)} is no request: ${Object.keys(ANSWERS).join(", ")} are`));
  }
  if (type === "init") return start(id, payload);
  if (state === "ready") return take({ type, id, payload });
  if (state === "failed") return refuse(id, failure);
  if (REFUSED_EARLY.includes(type)) {
    return refuse(id, new WorkerError("NotReadyError", `${type} before the worker is ready: wait for it`));
  }
  if (early.length >= EARLY) return refuse(id, new WorkerError("NotReadyError", `${EARLY} requests are waiting already`));
  early.push({ type, id, payload });
}

async function start(id, options) {
  if (state !== "new") return refuse(id, new WorkerError("ProtocolError", "init came twice: one worker starts once"));
  state = "starting";
  try {
    runtime = await loadRuntime(teller(id), options?.manifest ?? MANIFEST, options ?? {});
    environment = new PythonEnvironment(runtime.pyodide);
    match.start(runtime);
    state = "ready";
    post({ type: ANSWERS.init, id, result: runtime.versions });
    early.splice(0).forEach(take);
  } catch (error) {
    state = "failed";
    failure = error;
    refuse(id, error);
    for (const waiting of early.splice(0)) refuse(waiting.id, error);
  }
}

function take({ type, id, payload }) {
  turn = turn.then(async () => {
    try {
      post({ type: ANSWERS[type], id, result: await WORK[type](payload, teller(id)) });
    } catch (error) {
      refuse(id, error);
    }
  });
}

function teller(id) {
  return (stage, message, bytes = {}) => post({ type: "progress", id, stage, message, ...bytes });
}

function refuse(id, error) {
  post({ type: "error", id, error: describeError(error) });
}

function post(message) {
  self.postMessage({ ...message, timestamp: Date.now() });
}
