// What a test finds on its page: the class under test, and breaches of the policy as the browser tells them.

import { PyodideWorker } from "/web/pyodide-worker.js";

window.PyodideWorker = PyodideWorker;
window.breaches = [];
document.addEventListener("securitypolicyviolation", (event) => window.breaches.push(event.violatedDirective));

/** Return {value} or {error} of a promise, in a form that a test can read. */
window.outcome = (promise) =>
  promise.then(
    (value) => ({ value }),
    ({ name, message, stack, index, results }) => ({ error: { name, message, stack, index, results } }),
  );

/** Return a value as text that tells types, holes and the sign of zero. */
window.shown = (value) => {
  if (Object.is(value, -0)) return "-0";
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "string") return JSON.stringify(value);
  if (value === null || typeof value !== "object") return String(value);
  if (Array.isArray(value)) return `[${Array.from(value, shown).join(", ")}]`;
  if (value instanceof Map) return `Map{${Array.from(value, ([key, held]) => `${shown(key)} => ${shown(held)}`).join(", ")}}`;
  if (ArrayBuffer.isView(value)) return `${value.constructor.name}(${Array.from(value, shown).join(", ")})`;
  return `{${Object.entries(value).map(([key, held]) => `${key}: ${shown(held)}`).join(", ")}}`;
};

/** Remember each worker that is made, so that a test can make it misbehave. */
window.workers = [];
window.Worker = class extends Worker {
  constructor(...given) {
    super(...given);
    window.workers.push(this);
  }
};
