// What a test sees of the page: places, colours, names. Changes nothing.

const box = (selector) => document.querySelector(selector).getBoundingClientRect();
const picture = () => document.querySelector("#picture");
const nextPicture = () => new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)));
const hex = (parts) => `#${parts.map((part) => part.toString(16).padStart(2, "0")).join("")}`;

/** The edges of an element: left, top, right, bottom. */
export function edges(selector) {
  const { left, top, right, bottom } = box(selector);
  return [left, top, right, bottom];
}

export function middle(selector) {
  const { x, y, width, height } = box(selector);
  return [x + width / 2, y + height / 2];
}

/** How much wider and higher than the window the page is. */
export function overflow() {
  const { scrollWidth, scrollHeight } = document.documentElement;
  return [scrollWidth - innerWidth, scrollHeight - innerHeight];
}

export function screens() {
  const sections = [...document.querySelectorAll("main > section")];
  return sections.filter((each) => each.checkVisibility()).map(({ id }) => id);
}

/** The names in a list, with what keeps them apart from the words around. */
export function names(list) {
  const found = [...document.querySelectorAll(`${list} .name`)];
  return found.map((name) => [name.textContent, name.tagName, name.dir]);
}

/** Controls that nobody could call by a name. */
export function nameless() {
  const controls = [...document.querySelectorAll("button, input, select, a[href], canvas:not([aria-hidden])")];
  const hasName = (each) => each.getAttribute("aria-label") || each.textContent.trim() || each.labels?.length;
  return controls.filter((each) => !hasName(each)).map(({ outerHTML }) => outerHTML);
}

/** Texts that stand out less from their ground than WCAG asks for, 4.5 to 1. */
export function faint() {
  const parts = (colour) => colour.match(/[0-9.]+/g).slice(0, 3).map((part) => Number(part) / 255);
  const linear = (part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
  const light = (colour) => {
    const [red, green, blue] = parts(colour).map(linear);
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05;
  };
  const ground = (element) => {
    const colour = getComputedStyle(element).backgroundColor;
    return /^rgb\(/.test(colour) || !element.parentElement ? colour : ground(element.parentElement);
  };
  const texts = document.querySelectorAll("h1, h2, label, button, .hint, .lead, .state, .own, #line, dt, dd, b, .brand");
  const shown = [...texts].filter((each) => each.textContent.trim() && each.checkVisibility() && !each.disabled);
  const contrasts = shown.map((element) => {
    const both = [light(getComputedStyle(element).color), light(ground(element))];
    return [element.textContent.trim(), Math.max(...both) / Math.min(...both)];
  });
  return contrasts.filter(([, contrast]) => contrast < 4.5);
}

/** Whether the QR code is, dot by dot, that of `text`, with its white edge. */
export async function codeSays(text) {
  const { qrcode } = await import("/assets/qrcode-generator/2.0.4/qrcode.mjs");
  const code = qrcode(0, "M");
  code.addData(text);
  code.make();
  const canvas = document.querySelector("#qr");
  const count = code.getModuleCount();
  const side = canvas.width / (count + 8);
  const surface = canvas.getContext("2d");
  const isDark = (down, across) => surface.getImageData((across + 4.5) * side, (down + 4.5) * side, 1, 1).data[0] < 128;
  let dark = 0;
  for (let down = -4; down < count + 4; down++) {
    for (let across = -4; across < count + 4; across++) {
      const isInside = down >= 0 && across >= 0 && down < count && across < count;
      if (isDark(down, across) !== (isInside && code.isDark(down, across))) return false;
      dark += isDark(down, across);
    }
  }
  return dark > 100;
}

/** The colours at places of the picture, in shares of its sides, after what was told has been painted. */
export async function colours(places) {
  await nextPicture();
  const { width, height } = picture();
  const surface = picture().getContext("2d");
  const at = (share, side) => Math.min(side - 1, Math.floor(share * side));
  return places.map(([x, y]) => hex([...surface.getImageData(at(x, width), at(y, height), 1, 1).data.slice(0, 3)]));
}

/** Every colour of the picture. */
export async function palette() {
  await nextPicture();
  const { width, height } = picture();
  const { data } = picture().getContext("2d").getImageData(0, 0, width, height);
  const seen = new Set();
  for (let dot = 0; dot < data.length; dot += 4) seen.add(hex([...data.slice(dot, dot + 3)]));
  return [...seen];
}

/** The numbers of the line, by what they are called. */
export function numbers() {
  return [...document.querySelectorAll("#numbers div")].map(({ children }) => [...children].map((each) => each.textContent));
}

/** How the picture lies on its stage. */
export function stage() {
  const [around, inside] = [box("#stage"), box("#picture")];
  const { width, height } = picture();
  return {
    share: [inside.width / around.width, inside.height / around.height],
    aspect: inside.width / inside.height,
    dots: [width - Math.round(inside.width * devicePixelRatio), height - Math.round(inside.height * devicePixelRatio)],
    off: [inside.x + inside.width / 2 - around.x - around.width / 2, inside.y + inside.height / 2 - around.y - around.height / 2],
  };
}

/** Dots of the graph in about that colour of the page's style: {count, left, right, top, bottom}, in shares of its sides. */
export function graph(name) {
  const canvas = document.querySelector("#graph");
  const probe = new OffscreenCanvas(1, 1).getContext("2d");
  probe.fillStyle = getComputedStyle(canvas).getPropertyValue(name).trim();
  probe.fillRect(0, 0, 1, 1);
  const wanted = probe.getImageData(0, 0, 1, 1).data;
  const { width, height } = canvas;
  const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
  const isLit = (dot) => data[dot * 4 + 3] > 200 && [0, 1, 2].every((part) => Math.abs(data[dot * 4 + part] - wanted[part]) < 12);
  const lit = [...Array(width * height).keys()].filter(isLit);
  const [across, down] = [lit.map((dot) => (dot % width) / width), lit.map((dot) => Math.floor(dot / width) / height)];
  const count = lit.length;
  if (count === 0) return { count };
  return { count, left: Math.min(...across), right: Math.max(...across), top: Math.min(...down), bottom: Math.max(...down) };
}

/** Play `frames` pictures, one each `every` ms, of a thing that moves a hundredth a picture; return where it was painted. */
export async function played(every, frames) {
  const surface = CanvasRenderingContext2D.prototype;
  const real = surface.fillRect;
  const seen = [];
  surface.fillRect = function (x, ...rest) {
    if (this.fillStyle === "#00ff00") seen.push(Math.round((x / this.canvas.width) * 1e6) / 1e4);
    return real.call(this, x, ...rest);
  };
  for (let frame = 0; frame < frames; frame++) {
    const primitives = [["rect", frame / 100, 0.5, 0.1, 0.1, "#00ff00"]];
    window.client.tell("picture", { frame, primitives, aspect: 1.6, reason: "running" });
    await new Promise((go) => setTimeout(go, every));
  }
  const until = performance.now() + 10_000;
  while (seen.at(-1) !== frames - 1 && performance.now() < until) await new Promise((go) => setTimeout(go, 20));
  surface.fillRect = real;
  return seen;
}

/** The colours at places of primitives that are painted on a surface of their own. */
export async function dots(primitives, places, width = 160, height = 100) {
  const { paint } = await import("/web/painter.js");
  const surface = new OffscreenCanvas(width, height).getContext("2d");
  paint(surface, primitives, width, height);
  return places.map(([x, y]) => hex([...surface.getImageData(x * width, y * height, 1, 1).data.slice(0, 3)]));
}

/** The primitives on the way between two pictures. */
export async function between(...given) {
  const painter = await import("/web/painter.js");
  return painter.between(...given);
}

/** The edges of what of one text in white is lit, in shares of the surface: left, right, top, bottom. */
export async function lit(text) {
  const { paint } = await import("/web/painter.js");
  const surface = new OffscreenCanvas(400, 100).getContext("2d");
  paint(surface, [text], 400, 100);
  const { data } = surface.getImageData(0, 0, 400, 100);
  const found = [...Array(400 * 100).keys()].filter((dot) => data[dot * 4] > 200);
  const [across, down] = [found.map((dot) => (dot % 400) / 400), found.map((dot) => Math.floor(dot / 400) / 100)];
  return [Math.min(...across), Math.max(...across), Math.min(...down), Math.max(...down)];
}

/** Send a key to the picture, with any properties; return whether it was kept from the browser. */
export function key(type, properties) {
  const event = new KeyboardEvent(type, { bubbles: true, cancelable: true, ...properties });
  picture().dispatchEvent(event);
  return event.defaultPrevented;
}
