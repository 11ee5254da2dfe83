// What a participant of a study reads and presses besides the match. Knows texts; knows no server and no match.

import { made } from "./elements.js";
import { copied } from "./invitation.js";
import { showScreen } from "./screens.js";

const SURE_FOR = 4000; // ms in which a second press leaves

export class StudyScreen {
  #title = made("h1", { id: "study-title", tabindex: "-1" });
  #body = made("div", { id: "study-body" });
  #left = null; // the line with the time that is left

  constructor() {
    document.head.append(made("link", { rel: "stylesheet", href: "/web/study.css" }));
    document.body.classList.add("study");
    const section = made("section", { id: "study", "aria-labelledby": "study-title" }, this.#title, this.#body);
    section.hidden = true;
    document.querySelector("main").append(section);
  }

  /** Show a title and sentences; `key` names what is shown, for those who look from outside. */
  say(key, title, ...sentences) {
    this.#show(key, title, ...sentences.map((text) => made("p", { className: "lead", text, dir: "auto" })));
  }

  /** Show the consent; resolves with whether it was given. */
  consent(title, text) {
    const yes = made("button", { type: "button", className: "primary", text: "I agree to take part" });
    const no = made("button", { type: "button", text: "I do not agree" });
    const card = made("div", { className: "card text", text, dir: "auto", tabindex: "0" });
    this.#show("consent", title, card, made("div", { className: "buttons" }, yes, no));
    return new Promise((resolve) => {
      yes.addEventListener("click", () => resolve(true), { once: true });
      no.addEventListener("click", () => resolve(false), { once: true });
    });
  }

  /** Show that a partner is waited for, for so many seconds more. */
  waiting(seconds, leave) {
    if (document.body.dataset.study !== "waiting") {
      this.#left = made("p", { className: "lead" });
      const stays = made("p", { text: "Please stay on this page and keep it in front: it begins by itself. If nobody comes in time, you get a code for your waiting." });
      this.#show("waiting", "Waiting for your partner", this.#left, stays, made("div", { className: "buttons" }, leavingButton(leave)));
    }
    const minutes = Math.floor(seconds / 60);
    const rest = String(Math.floor(seconds % 60)).padStart(2, "0");
    this.#left.textContent = `At most ${minutes}:${rest} more.`;
  }

  /** Show how it ended: a sentence, the completion code, where to go with it, and the debriefing. */
  end({ title, sentence, completion_code: code, completion_url: url, debrief }, problem) {
    const parts = [made("p", { className: "lead", text: sentence })];
    if (code) parts.push(codeCard(code, url));
    if (debrief) parts.push(made("div", { className: "card text", text: debrief, dir: "auto" }));
    if (problem) parts.push(made("p", { className: "hint", text: `Not all data could be saved: ${problem}` }));
    this.#show("end", title, ...parts);
  }

  #show(key, title, ...parts) {
    document.body.dataset.study = key;
    document.title = title;
    this.#title.textContent = title;
    this.#body.replaceChildren(...parts);
    showScreen("study");
  }
}

/** A button that leaves for good, if it is pressed twice: a frame may not ask in a window of its own. */
export function leavingButton(leave, button = made("button", { type: "button" })) {
  const calm = "Leave the study";
  button.textContent = calm;
  let isSure = false;
  button.addEventListener("click", () => {
    if (isSure) return leave();
    isSure = true;
    button.textContent = "Really leave?";
    setTimeout(() => {
      isSure = false;
      button.textContent = calm;
    }, SURE_FOR);
  });
  return button;
}

function codeCard(code, url) {
  const field = made("input", { id: "completion-code", readonly: "" });
  field.value = code;
  const told = made("p", { className: "hint", role: "status" });
  const copy = made("button", { type: "button", className: url ? "" : "primary", text: "Copy the code" });
  copy.addEventListener("click", async () => {
    told.textContent = (await copied(field)) ? "Copied." : "It is selected: copy it with your keyboard or by a long press.";
  });
  const label = made("label", { for: "completion-code", text: "Your completion code" });
  const card = made("div", { className: "card" }, label, made("div", { className: "copying" }, field, copy), told);
  if (url?.startsWith("https://")) {
    const on = made("a", { className: "button primary", href: url, target: "_top", rel: "noreferrer", text: "Go back with this code" });
    card.append(made("div", { className: "buttons" }, on));
  }
  return card;
}
