// A worker that speaks the protocol and misbehaves as it is told: {type: "step", payload: what} says how.

const post = (message) => self.postMessage({ ...message, timestamp: Date.now() });

self.addEventListener("message", ({ data: { type, id, payload } }) => {
  if (type === "init") {
    if (payload.be === "silent") return;
    if (payload.be === "broken") throw new Error("no start today");
    post({ type: "progress", id, stage: "download", message: "half", loaded: 1, total: 2 });
    return post({ type: "ready", id, result: { pyodide: "none", python: "none" } });
  }
  if (type === "match") return post({ type, payload }); // what a match says, said again
  switch (payload) {
    case "silent":
      return;
    case "late":
      return setTimeout(() => post({ type: "result", id, result: "late" }), 200);
    case "throw":
      throw new Error("broke down");
    case "throw later":
      return setTimeout(() => { throw new Error("broke down later"); });
    case "unknown answer":
      post({ type: "surprise", id, result: 1 });
      post(undefined);
      post({ type: "result", id: 12345, result: "of nobody" });
      return post({ type: "result", id, result: "fine" });
    case "error of all":
      return post({ type: "error", id: null, error: { name: "MessageError", message: "not understood", stack: "" } });
    case "error afterwards":
      post({ type: "result", id, result: 1 });
      return post({ type: "error", id: null, error: { name: "Error", message: "too late", stack: "" } });
    default:
      return post({ type: "result", id, result: payload });
  }
});
