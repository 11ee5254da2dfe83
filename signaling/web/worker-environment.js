// The one environment of this worker, as Python holds it: calls go in and results come out without proxies.
// Knows no message.

import { revivedError } from "./worker-protocol.js";
import { flatten, rebuild } from "./worker-values.js";

export class PythonEnvironment {
  #answer;

  constructor(pyodide) {
    this.#answer = pyodide.runPython("from signaling.web.environment_answers import Answers; Answers().answer");
  }

  /** Call `initEnv`, `step`, `reset` or `batch` and return the result; raise what Python raised, with its traceback. */
  call(name, value) {
    const [kinds, values] = flatten(value);
    const answer = this.#answer(name, kinds, values);
    let came, told, held;
    try {
      [came, told, held] = answer.toJs();
    } finally {
      answer.destroy();
    }
    const result = rebuild(told, held);
    if (came === "error") throw revivedError(result);
    return result;
  }
}
