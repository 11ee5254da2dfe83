// The buttons of a run, its speed and its keys: what each asks for. Knows no connection.

import { found } from "./elements.js";
import { pressedOn } from "./keys.js";
import { ACTIVE } from "./run-list.js";

const EVALUATING = "It plays from where it never trained";

/** `about(command, fields)` asks about the run that is looked at, `state()` is its state, `say` shows a sentence. */
export function press({ about, state, say, goOn, saveNamed, can }) {
  const pause = () => about(state() === "paused" ? "resume" : "pause");
  const evaluate = async () => (await about("evaluate")) && say(ACTIVE.includes(state()) ? `${EVALUATING}, and the training waits for that.` : `${EVALUATING}.`);
  const others = ["step", "stop", "save", "reset"].map((id) => [id, () => about(id)]);
  const acts = { ...Object.fromEntries(others), pause, evaluate, "go-on": goOn };
  for (const [id, act] of Object.entries(acts)) found(id).addEventListener("click", act);
  found("speed").addEventListener("change", ({ target: { value } }) => {
    about("speed", { speed: ["full", "headless"].includes(value) ? value : Number(value) });
  });
  found("save-form").addEventListener("submit", (event) => {
    event.preventDefault();
    saveNamed();
  });
  pressedOn(found("stage"), acts, can);
}
