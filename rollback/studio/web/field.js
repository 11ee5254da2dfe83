// One field of the form: a number within limits, one of some words, or a word. Knows its limits; knows no algorithm.

import { made } from "./elements.js";
import { capital, number, plainWords, spaced } from "./words.js";

let made_so_far = 0;

/** What `{name, default, least, greatest, choices, whole, help}` describes; `value` checks, `problem` is told in a sentence. */
export class Field {
  #about;
  #input;
  #told;
  element;

  constructor(about, { onChange = () => {} } = {}) {
    this.#about = about;
    const id = `field-${++made_so_far}`;
    const help = made("span", { className: "hint", id: `${id}-help`, text: this.#help() });
    this.#told = made("span", { className: "problem", id: `${id}-told`, role: "status" });
    this.#input = about.choices?.length ? this.#menu(id) : this.#box(id);
    this.#input.setAttribute("aria-describedby", `${help.id} ${this.#told.id}`);
    this.#input.addEventListener("input", () => this.check());
    this.#input.addEventListener("change", () => onChange(this));
    const label = made("label", { for: id, text: about.label ?? capital(spaced(about.name)) });
    this.element = made("div", { className: "field" }, label, this.#input, help, this.#told);
    this.set(about.default);
  }

  get name() {
    return this.#about.name;
  }

  get isFocused() {
    return document.activeElement === this.#input;
  }

  set isLocked(locked) {
    this.#input.disabled = locked;
  }

  focus() {
    this.#input.focus();
  }

  set(value) {
    this.#input.value = value ?? "";
    this.check();
  }

  /** The value as the studio takes it; undefined where the field is empty. */
  get value() {
    const text = this.#input.value.trim();
    if (text === "") return undefined;
    return this.#isNumber ? Number(text) : text;
  }

  /** Say what is wrong with the value; return whether nothing is. */
  check() {
    const problem = this.#problem();
    if (this.#told.textContent !== problem) this.#told.textContent = problem;
    this.#input.setAttribute("aria-invalid", problem ? "true" : "false");
    return !problem;
  }

  get #isNumber() {
    return !this.#about.choices?.length && typeof this.#about.default === "number";
  }

  #problem() {
    const { least = null, greatest = null, whole, pattern, wanted, isNeeded } = this.#about;
    const value = this.value;
    if (value === undefined) {
      if (this.#input.validity?.badInput) return "This must be a number.";
      return isNeeded ? "This is needed." : "";
    }
    if (pattern && !pattern.test(value)) return wanted;
    if (!this.#isNumber) return "";
    const limits = limitsOf(this.#about);
    if (!Number.isFinite(value)) return `This must be a number${limits}.`;
    if (whole && !Number.isInteger(value)) return `This must be a whole number${limits}.`;
    return (least !== null && value < least) || (greatest !== null && value > greatest) ? `This must be a number${limits}.` : "";
  }

  #help() {
    const { help, default: usual } = this.#about;
    const parts = [plainWords(help ?? "")];
    if (this.#isNumber) {
      const limits = limitsOf(this.#about).trim();
      if (limits) parts.push(`${limits}${this.#about.isUsualTold === false ? "" : `, usually ${number(usual)}`}`);
    }
    return parts.filter(Boolean).map((part) => part.replace(/\.$/, "")).join(" · ");
  }

  #menu(id) {
    const options = this.#about.choices.map((choice) => made("option", { value: String(choice), text: plainWords(choice, 80) }));
    return made("select", { id }, ...options);
  }

  #box(id) {
    if (!this.#isNumber) return made("input", { id, maxlength: "64", autocomplete: "off", spellcheck: "false", placeholder: this.#about.hint });
    const { least, greatest, whole } = this.#about;
    const limits = { min: least ?? undefined, max: greatest ?? undefined, step: whole ? "1" : "any" };
    return made("input", { id, type: "number", inputmode: whole ? "numeric" : "decimal", ...limits });
  }
}

function limitsOf({ least = null, greatest = null }) {
  if (least !== null && greatest !== null) return ` from ${number(least)} to ${number(greatest)}`;
  if (least !== null) return ` of at least ${number(least)}`;
  return greatest !== null ? ` of at most ${number(greatest)}` : "";
}
