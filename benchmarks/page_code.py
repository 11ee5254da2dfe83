"""What `benchmarks/browser.py` has a page and its worker run. Strings only: it starts no browser."""

from __future__ import annotations

WATCH = """
window.seen = { ready: null, frame: null, gap: 0 };
let last = performance.now();
const watching = setInterval(() => {
  const now = performance.now();
  seen.gap = Math.max(seen.gap, now - last);
  last = now;
  const facts = window.client?.facts();
  seen.failed = facts?.failed ?? null;
  if (facts?.state.engine === "ready") seen.ready ??= now;
  if (facts?.pictures > 0) seen.frame = now;
  if (seen.frame || seen.failed) clearInterval(watching);
}, 10);
"""
KEPT = "caches.open('python').then((cache) => cache.keys()).then((keys) => keys.length)"
FRAME = "(client.facts().stats?.frame ?? -1)"
HIDDEN = f"""new Promise((done) => {{
  const before = {FRAME}, began = performance.now();
  let ticks = 0;
  const ticking = setInterval(() => (ticks += 1), 50);
  setTimeout(() => {{
    clearInterval(ticking);
    const seconds = (performance.now() - began) / 1000;
    const {{ ended }} = client.facts();
    const frames = ({FRAME} - before) / seconds;
    done({{ frames, ticks: ticks / seconds, state: document.visibilityState, ended: ended?.reason ?? null }});
  }}, 10000);
}})"""
MEMORY = """Promise.race([
  performance.measureUserAgentSpecificMemory(),
  new Promise((resolve) => setTimeout(resolve, 60000, null)),
]).then((told) => told && { all: told.bytes, worker: told.breakdown
  .filter(({ attribution }) => attribution.some(({ scope }) => scope.includes("Worker")))
  .reduce((sum, { bytes }) => sum + bytes, 0) })"""
ROLLBACK = """
import statistics, time
from collections import deque
from rollback import SessionConfig
from rollback.core.session import P2PSession
from rollback.games import Pong
from rollback.types import Local, Remote

DEPTH, PERIOD = 8, 12

def measure(wanted):
    config = SessionConfig(input_delay=0, prediction_window=12, desync_interval=0, seed=1)
    seats = [[Local(), Remote("b")], [Remote("a"), Local()]]
    sessions = [P2PSession(Pong(), seats[me], config, nonce=me + 1) for me in (0, 1)]
    bare, deep, flying, number = [], [], deque(), 0
    while len(deep) < wanted and number < 100 * wanted:
        number += 1
        while flying and flying[0][0] <= number:
            _, to, sender, datagram = flying.popleft()
            sessions[to].receive(sender, datagram)
        for me, session in enumerate(sessions):
            action = (session.frame // PERIOD % 2 == 0, session.frame // PERIOD % 2 == 1)
            began = time.perf_counter()
            tick = session.tick({me: action}, now=number / 60)
            took = time.perf_counter() - began
            if tick.resimulated == DEPTH:
                deep.append(took)
                game, state = Pong(), session.game.save()
                game.load(state)
                began = time.perf_counter()
                for _ in range(DEPTH):
                    game.step((action, action))
                bare.append(time.perf_counter() - began)
            for _, datagram in session.outgoing(now=number / 60):
                flying.append((number + DEPTH, 1 - me, "ab"[me], datagram))
            session.events(); session.confirmed_frames()
    return {"rollbacks": len(deep), "rollback": statistics.median(deep), "bare": statistics.median(bare), "worst": max(deep)}

class Measured:
    def reset(self): return 0, {}
    def step(self, wanted): return measure(wanted), 0.0, False, False, {}

env = Measured()
"""
MEASURE = """import("/web/pyodide-worker.js").then(async ({ PyodideWorker }) => {
  const python = new PyodideWorker();
  await python.init();
  await python.initEnv(CODE);
  await python.step(20);
  const { observation } = await python.step(100);
  await python.initEnv(HEAP);
  const heap = (await python.reset()).observation;
  python.destroy();
  return { ...observation, heap };
})"""
HEAP = """
class Heap:
    def reset(self):
        from pyodide_js import _module
        return _module.HEAPU8.length, {}
    def step(self, action): ...
env = Heap()
"""
