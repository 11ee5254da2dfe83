// A worker without Python, for the page's side of a match: it passes on what the page says, and says what a test wants.

const wire = new BroadcastChannel("worker"); // to the test, past the page's own classes
let started = null;

const ready = () => self.postMessage({ type: "ready", id: started, result: {} });

wire.addEventListener("message", ({ data: { say, be } }) => {
  if (be === "ready") return ready();
  if (be === "broken") return setTimeout(() => { throw new Error("broke down"); });
  self.postMessage({ type: "match", payload: { text: JSON.stringify(say.message), data: say.data } });
});

self.addEventListener("message", ({ data: { type, id, payload } }) => {
  if (type === "match") return wire.postMessage({ ...JSON.parse(payload.text), data: payload.data && Array.from(payload.data) });
  started = id;
  if (payload.manifest === "at once") ready();
});
