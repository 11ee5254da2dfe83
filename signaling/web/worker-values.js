// Values of the page to a flat row of tokens and back, so that no proxy is made on the way to Python. Knows no messages.
//
// `kinds` has a letter a token; `values` has what the letters need. environment_values.py does the same in Python.
//   v a value as it is: number, bigint, string, boolean, undefined for None
//   z -0, which would arrive as the integer 0
//   l a list: its length; the items follow
//   o a dict with text keys: its length; key (in `values`), item and so on
//   m a dict with any keys: its length; key and item follow by turns
//   b bytes      t a typed array: its name, its bytes

export const MAX_DEPTH = 64;

const TYPED = {
  Int8Array, Int16Array, Uint16Array, Int32Array, Uint32Array, Float32Array, Float64Array, BigInt64Array, BigUint64Array,
};
const WHOLE = /^(0|-?[1-9][0-9]{0,14})$/; // up to 15 digits: a safe integer

/** Return [kinds, values] of anything the page may send. Raises a TypeError that names the place of what cannot cross. */
export function flatten(value) {
  const kinds = [];
  const values = [];
  const one = (kind, ...held) => (kinds.push(kind), values.push(...held));
  const walk = (item, path, depth) => {
    if (depth > MAX_DEPTH) throw new TypeError(`${path}: nested deeper than ${MAX_DEPTH} levels`);
    switch (typeof item) {
      case "number":
        return Object.is(item, -0) ? one("z") : one("v", item);
      case "bigint": case "string": case "boolean": case "undefined":
        return one("v", item);
    }
    if (item === null) return one("v", undefined);
    if (Array.isArray(item)) {
      one("l", item.length);
      for (let place = 0; place < item.length; place++) walk(item[place], `${path}[${place}]`, depth + 1);
      return;
    }
    if (item instanceof Map) {
      one("m", item.size);
      for (const [key, held] of item) {
        walk(key, `${path} key`, depth + 1);
        walk(held, `${path}[${String(key)}]`, depth + 1);
      }
      return;
    }
    if (item instanceof ArrayBuffer) return one("b", new Uint8Array(item));
    if (ArrayBuffer.isView(item)) {
      const bytes = new Uint8Array(item.buffer, item.byteOffset, item.byteLength);
      const name = Object.prototype.toString.call(item).slice(8, -1);
      if (Object.hasOwn(TYPED, name)) return one("t", name, bytes);
      if (name === "Uint8Array" || name === "Uint8ClampedArray" || name === "DataView") return one("b", bytes);
    }
    if (Object.prototype.toString.call(item) !== "[object Object]") {
      const name = item.constructor?.name ?? "this";
      throw new TypeError(`${path}: ${name} cannot cross to Python; numbers, text, lists, objects, maps, typed arrays can`);
    }
    const keys = Object.keys(item);
    const whole = keys.length > 0 && keys.every((key) => WHOLE.test(key)); // {0: "left", 1: "right"} names players
    one(whole ? "m" : "o", keys.length);
    for (const key of keys) {
      if (whole) one("v", Number(key));
      else values.push(key);
      walk(item[key], `${path}.${key}`, depth + 1);
    }
  };
  walk(value, "value", 0);
  return [kinds.join(""), values];
}

/** Return the value of what Python flattened. */
export function rebuild(kinds, values) {
  let kind = 0;
  let next = 0;
  const take = () => {
    const letter = kinds[kind++];
    switch (letter) {
      case "v": {
        const value = values[next++];
        return typeof value === "bigint" && Number.isSafeInteger(Number(value)) ? Number(value) : value;
      }
      case "l": {
        const items = new Array(values[next++]);
        for (let place = 0; place < items.length; place++) items[place] = take();
        return items;
      }
      case "o": {
        const entries = new Array(values[next++]);
        for (let place = 0; place < entries.length; place++) entries[place] = [values[next++], take()];
        return Object.fromEntries(entries); // never by assignment: a key may be __proto__
      }
      case "m": {
        const map = new Map();
        for (let left = values[next++]; left > 0; left--) map.set(take(), take());
        return map;
      }
      case "b":
        return values[next++].slice();
      case "t": {
        const name = values[next++];
        return new TYPED[name](values[next++].slice().buffer);
      }
    }
    throw new TypeError(`Python sent a token ${letter} that nobody knows`);
  };
  return take();
}
