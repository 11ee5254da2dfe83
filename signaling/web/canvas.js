// The picture of the match: as large as fits, sharp on any screen, smooth between two pictures. Knows no game.

import { between, paint } from "./painter.js";

const ASPECT = 1.6; // width over height, where a picture does not say
const STILL = 1000; // ms without a picture after which nothing is smooth any more
const SIDE = 4096; // dots of a side; a larger array of pixels is no picture

/**
 * Shows pictures, `{primitives, aspect}` or `{pixels: {width, height, channels}, data}`, on a canvas that fills `stage`.
 *
 * A screen that is not faster than the pictures shows each as it comes; a faster one shows what lies between the last
 * two. The game knows nothing of that. Whoever wants less motion gets the pictures as they are.
 */
export class PictureCanvas {
  #stage;
  #canvas;
  #surface;
  #before = null;
  #last = null;
  #arrived = -Infinity;
  #between = 0; // ms between two pictures, averaged
  #refresh = 1000 / 60; // ms between two pictures of the screen, averaged
  #asked = 0;
  #seen = 0; // when the screen was painted last
  #aspect = ASPECT;
  #array = null; // a surface as large as an array of pixels
  #calm = window.matchMedia("(prefers-reduced-motion: reduce)");
  painted = 0; // how often something was painted

  constructor(stage, canvas) {
    this.#stage = stage;
    this.#canvas = canvas;
    this.#surface = canvas.getContext("2d", { alpha: false });
    new ResizeObserver(() => this.#fit()).observe(stage);
    window.addEventListener("resize", () => this.#fit()); // another zoom, or another screen, has other dots
  }

  /** Show a picture from now on. */
  show(picture) {
    const now = performance.now();
    const gap = now - this.#arrived;
    const isNext = gap < STILL;
    const usual = this.#between || gap; // of the first two, the gap between them
    this.#between = isNext ? usual + (gap - usual) / 8 : 0;
    this.#before = isNext ? this.#last : null;
    this.#last = picture.pixels ? this.#arrayOf(picture) : { primitives: picture.primitives ?? [] };
    this.#arrived = now;
    const { width, height } = picture.pixels ?? {};
    const aspect = picture.aspect > 0 ? picture.aspect : width && height ? width / height : ASPECT;
    if (aspect !== this.#aspect) {
      this.#aspect = aspect;
      this.#fit();
    }
    if (!this.#asked) this.#ask();
  }

  /** Forget what was shown. */
  clear() {
    cancelAnimationFrame(this.#asked);
    this.#asked = 0;
    this.#before = this.#last = null;
    this.#arrived = -Infinity;
    this.#between = 0;
    this.#paint([]);
  }

  #ask() {
    this.#asked = requestAnimationFrame((now) => this.#turn(now));
  }

  #turn(now) {
    const gap = now - this.#seen;
    if (gap > 0 && gap < 100) this.#refresh += (gap - this.#refresh) / 16;
    this.#seen = now;
    this.#asked = 0;
    if (!this.#last) return;
    const share = this.#share();
    const { array, primitives } = this.#last;
    if (array) this.#paintArray(array);
    else this.#paint(between(this.#before?.primitives ?? primitives, primitives, share));
    if (share < 1) this.#ask();
  }

  /** How far the screen is on the way from the picture before to the last. */
  #share() {
    const isFast = this.#refresh < 0.75 * this.#between; // or smoothness would only cost a picture's time
    if (this.#calm.matches || !this.#before || !isFast) return 1;
    return Math.min(1, (performance.now() - this.#arrived) / this.#between);
  }

  /** Make the canvas as large as its stage has room for, in the dots that the screen has. */
  #fit() {
    const { width, height } = this.#stage.getBoundingClientRect();
    const across = Math.floor(Math.min(width, height * this.#aspect));
    const down = Math.floor(across / this.#aspect);
    const [dotsAcross, dotsDown] = [across, down].map((side) => Math.max(1, Math.round(side * devicePixelRatio)));
    this.#canvas.style.setProperty("width", `${across}px`);
    this.#canvas.style.setProperty("height", `${down}px`);
    if (dotsAcross === this.#canvas.width && dotsDown === this.#canvas.height) return;
    this.#canvas.width = dotsAcross;
    this.#canvas.height = dotsDown;
    if (this.#last && !this.#asked) this.#ask();
    else if (!this.#last) this.#paint([]);
  }

  #paint(primitives) {
    paint(this.#surface, primitives, this.#canvas.width, this.#canvas.height);
    this.painted++;
  }

  #paintArray(array) {
    const { width, height } = this.#canvas;
    this.#surface.imageSmoothingEnabled = width < array.width; // enlarged pixels stay pixels
    this.#surface.drawImage(array, 0, 0, width, height);
    this.painted++;
  }

  #arrayOf({ pixels: { width, height, channels = 3 }, data }) {
    const isPicture = [width, height].every((side) => Number.isInteger(side) && side > 0 && side <= SIDE);
    if (!isPicture || ![1, 3, 4].includes(channels) || data?.length !== width * height * channels) return { primitives: [] };
    if (this.#array?.width !== width || this.#array?.height !== height) {
      this.#array = new OffscreenCanvas(width, height);
    }
    const image = new ImageData(width, height);
    const dots = image.data;
    for (let from = 0, to = 0; to < dots.length; from += channels, to += 4) {
      dots[to] = data[from];
      dots[to + 1] = data[from + (channels > 1 ? 1 : 0)];
      dots[to + 2] = data[from + (channels > 1 ? 2 : 0)];
      dots[to + 3] = 255;
    }
    this.#array.getContext("2d").putImageData(image, 0, 0);
    return { array: this.#array };
  }
}
