// The picture of the environment, whatever it is: the newest one, drawn when the screen is painted. Knows no run.

import { aspectOf as gridAspect, captionGrid, drawGrid, drawScale, tellGrid, valuesOf } from "./grid-picture.js";
import { aspectOf as tetrisAspect, captionTetris, drawTetris, tellTetris } from "./tetris-picture.js";
import { aspectOf as shapesAspect, captionShapes, drawShapes, tellShapes } from "./shapes-picture.js";
import { Surface } from "./surface.js";
import { found, tell } from "./elements.js";
import { number } from "./words.js";

const HIGHEST = 560; // CSS pixels
const TOLD_EVERY = 3000; // ms between two descriptions for readers of the screen
const KINDS = {
  gridworld: { aspect: gridAspect, draw: drawGrid, caption: captionGrid, tell: tellGrid },
  tetris: { aspect: tetrisAspect, draw: drawTetris, caption: captionTetris, tell: tellTetris },
};
const SHAPES = { aspect: shapesAspect, draw: drawShapes, caption: captionShapes, tell: tellShapes };

export class Picture {
  #canvas = found("picture");
  #surface = new Surface(this.#canvas, HIGHEST);
  #scaleBox = found("scale");
  #scale = new Surface(found("scale-bar"), 10);
  #colours;
  #shown = null;
  #waiting = []; // who is told that the newest picture is painted
  #asked = 0;
  #toldAt = -Infinity;
  drawn = 0;

  constructor(colours) {
    this.#colours = colours;
    colours.onChange(() => this.#ask());
    new ResizeObserver(() => this.#ask()).observe(this.#canvas.parentElement);
  }

  /** Show a picture; resolves when it is painted, which in a hidden page is when it is seen again. */
  show(picture) {
    if (picture?.kind !== this.#shown?.kind) this.#toldAt = -Infinity;
    this.#shown = picture;
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#ask();
    });
  }

  /** Show nothing, and why in a sentence: what was shown is of something else. */
  clear(sentence = "") {
    this.#shown = null;
    this.#toldAt = -Infinity;
    this.#scaleBox.hidden = true;
    this.#canvas.getContext("2d").clearRect(0, 0, this.#canvas.width, this.#canvas.height);
    this.#canvas.setAttribute("aria-label", "Nothing is drawn yet");
    tell(found("caption"), sentence);
  }

  #ask() {
    this.#asked ||= requestAnimationFrame(() => this.#paint());
  }

  #paint() {
    this.#asked = 0;
    const picture = this.#shown;
    if (picture) {
      const kind = KINDS[picture.kind] ?? SHAPES;
      kind.draw(this.#surface.begin(kind.aspect(picture)), picture, this.#colours);
      tell(found("caption"), kind.caption(picture));
      this.#tell(kind, picture);
      this.#showScale(picture.kind === "gridworld" ? valuesOf(picture) : null);
      this.drawn++;
    }
    const told = this.#waiting;
    this.#waiting = [];
    for (const resolve of told) resolve();
  }

  #tell(kind, picture) {
    const now = performance.now();
    if (now - this.#toldAt < TOLD_EVERY) return;
    this.#toldAt = now;
    this.#canvas.setAttribute("aria-label", kind.tell(picture));
  }

  #showScale(range) {
    this.#scaleBox.hidden = !range;
    if (!range) return;
    tell(found("scale-least"), `worth ${number(range.least)}`);
    tell(found("scale-greatest"), number(range.greatest));
    drawScale(this.#scale.begin(12), this.#colours);
  }
}
