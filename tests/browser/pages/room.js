// A page of the real server without an interface: the classes of the signaling, and what a test needs to look at them.

import { Client } from "/web/client.js";
import { LobbyLink } from "/web/lobby-link.js";
import { LobbyMail } from "/web/lobby-mail.js";
import { Lobby } from "/web/lobby.js";
import { Peers } from "/web/peer.js";
import { PyodideWorker } from "/web/pyodide-worker.js";
import { plainWords } from "/web/words.js";
import * as wayBack from "/web/way-back.js";

window.breaches = [];
document.addEventListener("securitypolicyviolation", (event) => window.breaches.push(event.violatedDirective));

/** Return {value} or {code, message} of a promise. */
window.outcome = (promise) =>
  promise.then(
    (value) => ({ value: value ?? null }),
    ({ code, name, message }) => ({ code: code ?? name, message }),
  );

/** Remember what a lobby hands over, in its order. */
window.gather = (lobby) => {
  const came = [];
  lobby.listen((event, payload, data) => came.push({ event, payload, data: data ? Array.from(data) : null }));
  return came;
};

Object.assign(window, { Client, Lobby, LobbyLink, LobbyMail, Peers, PyodideWorker, plainWords, wayBack });
