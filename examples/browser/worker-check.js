// Runs through what a PyodideWorker can do, and writes each step down. `?manifest=` names another list of assets of this server.

import { PyodideWorker } from "/web/pyodide-worker.js";

const ENVIRONMENT = `
class Counter:
    """Counts what it is told to count, up to ten."""

    def reset(self, seed=None):
        self.count = seed or 0
        return {"count": self.count}, {}

    def step(self, action):
        if action < 0:
            raise ValueError(f"cannot count backwards by {action}")
        self.count += action
        return {"count": self.count}, float(action), self.count >= 10, False, {}

    def save(self):
        return {"count": self.count}

    def load(self, state):
        self.count = state["count"]

def make():
    return Counter()
`;

const at = (id) => document.getElementById(id);
const options = new URLSearchParams(location.search);

watchTheClock();
at("run").addEventListener("click", run);

async function run() {
  at("run").disabled = true;
  const python = new PyodideWorker({ onProgress: showProgress });
  try {
    const starting = python.init({ manifest: options.get("manifest") ?? undefined });
    await expectRejection("early step", python.step(1));
    const { pyodide, python: version } = await starting;
    log(`init: Python ${version} in Pyodide ${pyodide}`);
    await python.installPackages(["numpy"]).then(
      (names) => log(`installPackages: ${names.join(", ") || "numpy was there already"}`),
      (error) => log(`installPackages: not here. ${error.message}`),
    );
    log(`initEnv: ${(await python.initEnv(ENVIRONMENT)).name}`);
    log(`reset: count ${(await python.reset(3)).observation.count}`);
    log(`step: count ${(await python.step(4)).observation.count}`);
    const steps = [1, 1].map((payload) => ({ type: "step", payload }));
    const results = await python.batch([{ type: "getState" }, ...steps]);
    log(`batch: count ${results.at(-1).observation.count}`);
    await expectRejection("wrong step", python.step(-1));
    const pending = python.step(1);
    python.destroy();
    await expectRejection("destroy", pending);
    log(python.pending === 0 ? "done" : `failed: ${python.pending} requests were left`);
  } catch (error) {
    log(`failed: ${error.stack ?? error}`);
    python.destroy();
  } finally {
    at("run").disabled = false;
  }
}

async function expectRejection(what, promise) {
  const error = await promise.then(() => null, (reason) => reason);
  if (error === null) throw new Error(`${what} was not rejected`);
  log(`${what} rejected: ${error.name}: ${error.message}`);
}

function showProgress({ message, loaded, total }) {
  at("stage").textContent = message;
  if (total) at("progress").value = loaded / total;
}

function log(text) {
  const line = document.createElement("li");
  line.textContent = text;
  at("log").append(line);
}

function watchTheClock() {
  let last = performance.now();
  let longest = 0;
  setInterval(() => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    at("ticks").textContent = String(Number(at("ticks").textContent) + 1);
    at("gap").textContent = longest.toFixed(0);
  }, 50);
}
