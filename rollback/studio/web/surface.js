// A canvas that is sharp on any screen, and the colours the page has just now. Knows nothing of what is drawn.

/** Fits `canvas` into the width it is given and at most `highest` CSS pixels, and hands out its context for a drawing. */
export class Surface {
  #canvas;
  #context;
  #highest;

  constructor(canvas, highest) {
    this.#canvas = canvas;
    this.#context = canvas.getContext("2d");
    this.#highest = highest;
  }

  /** Return `{context, width, height}`, cleared and in CSS pixels, for a picture of that aspect. */
  begin(aspect) {
    const room = this.#canvas.parentElement.clientWidth;
    const highest = Math.min(this.#highest, Math.max(220, 0.62 * window.innerHeight));
    const width = Math.max(1, Math.floor(Math.min(room, highest * aspect)));
    const height = Math.max(1, Math.floor(width / aspect));
    const dots = [width, height].map((side) => Math.max(1, Math.round(side * devicePixelRatio)));
    if (this.#canvas.width !== dots[0] || this.#canvas.height !== dots[1]) {
      [this.#canvas.width, this.#canvas.height] = dots;
      this.#canvas.style.setProperty("width", `${width}px`);
      this.#canvas.style.setProperty("height", `${height}px`);
    }
    this.#context.setTransform(dots[0] / width, 0, 0, dots[1] / height, 0, 0);
    this.#context.clearRect(0, 0, width, height);
    return { context: this.#context, width, height };
  }
}

/** The colours of the page by name; asked again when the reader's taste changes. */
export class Colours {
  #known = new Map();
  #changed = [];

  constructor() {
    for (const taste of ["(prefers-color-scheme: dark)", "(prefers-contrast: more)"]) {
      window.matchMedia(taste).addEventListener("change", () => {
        this.#known.clear();
        for (const tell of this.#changed) tell();
      });
    }
  }

  of(name) {
    if (!this.#known.has(name)) {
      this.#known.set(name, getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim() || "#888888");
    }
    return this.#known.get(name);
  }

  onChange(tell) {
    this.#changed.push(tell);
  }
}
