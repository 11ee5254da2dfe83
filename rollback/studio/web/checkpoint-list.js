// The checkpoints of a run with their lineage: each under the one it was trained on from. Knows no file.

import { careful, found, made } from "./elements.js";
import { figuresOf } from "./metrics.js";
import { capital, number, plainWords } from "./words.js";

const KINDS = { last: "saved by itself", best: "the best so far", manual: "saved by hand" };
const DEEPEST = 5; // levels that are moved to the right

/** `onLoad`, `onExport`, `onDelete`, `onHere` and `onPlay` are asked for by name. */
export class CheckpointList {
  #list = found("checkpoints");
  #doers;
  #said = "";
  #notHere = "";
  #canLoad = true;

  constructor(doers) {
    this.#doers = doers;
    this.show([]);
  }

  /** Show the checkpoints of a run; `notHere` says why none of them can be played in this browser, if it is so. */
  show(checkpoints, notHere = "", { canLoad = true } = {}) {
    const said = JSON.stringify([checkpoints, notHere, canLoad]);
    if (said === this.#said) return;
    this.#said = said;
    this.#notHere = notHere;
    this.#canLoad = canLoad; // not into what another process trains
    const focused = document.activeElement?.dataset?.action; // the list is made anew: the focus goes where it was
    const names = namesOf(checkpoints);
    const whyNot = notHere && checkpoints.length > 0 ? [made("li", { className: "hint", text: `Not in this browser: ${plainWords(notHere)}` })] : [];
    const items = inOrder(checkpoints).map(({ checkpoint, depth }) => this.#item(checkpoint, depth, names));
    this.#list.replaceChildren(...items, ...whyNot);
    found("checkpoints-card").classList.toggle("is-empty", checkpoints.length === 0);
    if (focused) [...this.#list.querySelectorAll("button")].find(({ dataset }) => dataset.action === focused)?.focus();
  }

  #item(checkpoint, depth, names) {
    const name = made("span", { className: "name", text: plainWords(checkpoint.name, 64) });
    const item = made("li", { className: `checkpoint level-${Math.min(depth, DEEPEST)}` }, name);
    item.append(made("span", { className: "kind", text: KINDS[checkpoint.kind] ?? "" }));
    if (checkpoint.problem) {
      item.append(made("span", { className: "problem", text: plainWords(checkpoint.problem) }));
    } else {
      const { evaluation, training } = figuresOf(checkpoint.metrics);
      for (const text of [`episode ${number(checkpoint.episode)}`, capital(evaluation), capital(training)]) {
        if (text) item.append(made("span", { className: "hint", text }));
      }
      item.append(made("span", { className: "hint lineage", text: `← ${origin(checkpoint.parent, names)}` }));
    }
    item.append(this.#buttons(checkpoint));
    return item;
  }

  #buttons({ name, problem }) {
    const buttons = made("span", { className: "buttons" });
    const add = (text, doer, more = {}) => {
      const label = `${text} ${name}`;
      const button = made("button", { type: "button", className: "small", text, "aria-label": label, "data-action": label, ...more });
      if (doer) button.addEventListener("click", () => doer(name));
      buttons.append(button);
      return button;
    };
    if (!problem) {
      if (this.#canLoad) add("Load", this.#doers.onLoad);
      if (!this.#notHere) add("Play it here", this.#doers.onHere);
      add("Play against it", this.#doers.onPlay);
      add("Export", this.#doers.onExport);
    }
    careful(add("Delete"), "Really delete?", () => this.#doers.onDelete(name));
    return buttons;
  }
}

function origin(parent, names) {
  if (!parent) return "from nothing";
  return names.has(parent) ? `from ${names.get(parent)}` : `from one that is gone (${plainWords(parent, 64).slice(0, 8)})`;
}

function namesOf(checkpoints) {
  return new Map([...checkpoints].reverse().filter(({ hash }) => hash).map(({ hash, name }) => [hash, plainWords(name, 64)]));
}

/** Return the checkpoints with their depth: children behind their parent, the furthest trained first. */
function inOrder(checkpoints) {
  const known = new Set(checkpoints.map(({ hash }) => hash).filter(Boolean));
  const ordered = [];
  const seen = new Set();
  const visit = (parent, depth) => {
    const children = checkpoints.filter((each) => !seen.has(each) && (known.has(each.parent) ? each.parent : null) === parent);
    children.sort((a, b) => (b.step ?? 0) - (a.step ?? 0));
    for (const child of children) {
      if (seen.has(child)) continue;
      seen.add(child);
      ordered.push({ checkpoint: child, depth });
      if (child.hash) visit(child.hash, depth + 1);
    }
  };
  visit(null, 0);
  for (const each of checkpoints) if (!seen.has(each)) ordered.push({ checkpoint: each, depth: 0 }); // in a ring: no parents
  return ordered;
}
