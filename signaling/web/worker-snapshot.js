// Python's memory once everything is imported, kept by the browser: the next start puts it back, five times as fast as doing
// it all again. Knows Pyodide's snapshots and the browser's cache; knows no engine and no download.
//
// A snapshot is named by the hash of everything that it was made of, so it is never put back for anything else. Where
// anything about it fails, Python starts as it does without: it is never needed, only quicker.

const CACHE = "python";
const HEX = 16;

// What was drawn or hidden when the snapshot was taken must not be drawn again in every session that starts from it.
const AWAKE = "import importlib, random; random.seed(); importlib.invalidate_caches()";

/**
 * Start Python from the kept snapshot, or as usual and keep one for the next time.
 *
 * `parts` are the texts and buffers that it is made of; `load(options)` starts Pyodide and `fill(pyodide)` writes its files,
 * which no snapshot holds; `warm` is Python that imports what every session needs. `isOff` keeps and takes none.
 */
export async function startPython({ parts, load, fill, warm, isOff = false }) {
  const place = isOff ? null : await placeOf(parts);
  const kept = place && (await place.find());
  if (kept) {
    try {
      const pyodide = await load({ _loadSnapshot: kept });
      fill(pyodide);
      pyodide.runPython(AWAKE);
      return pyodide;
    } catch (error) {
      console.info(`Python starts without its snapshot: ${error.message}`);
      await place.forget();
    }
  }
  const pyodide = await load({ _makeSnapshot: place !== null });
  const size = pyodide._module.HEAPU8.length;
  fill(pyodide);
  pyodide.runPython(warm);
  if (place) keep(pyodide, place, size);
  return pyodide;
}

function keep(pyodide, place, size) {
  try {
    // Pyodide puts nothing back that is larger than the memory it begins with.
    if (pyodide._module.HEAPU8.length === size) place.keep(pyodide.makeMemorySnapshot());
  } catch (error) {
    console.info(`Python keeps no snapshot: ${error.message}`);
  }
  // While a snapshot may come, Pyodide watches every access to what is global here. Nobody needs that any more.
  pyodide.registerJsModule("js", self);
}

/** Return where the snapshot of `parts` is kept; null where the browser keeps nothing, as without https. */
async function placeOf(parts) {
  try {
    const hashes = await Promise.all(parts.map((part) => hashOf(typeof part === "string" ? new TextEncoder().encode(part) : part)));
    const name = await hashOf(new TextEncoder().encode(hashes.join(" ")));
    return new Place(await self.caches.open(CACHE), new URL(`/python/${name}`, self.location.origin).href);
  } catch {
    return null;
  }
}

async function hashOf(bytes) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest.subarray(0, HEX), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

class Place {
  #cache;
  #address;

  constructor(cache, address) {
    this.#cache = cache;
    this.#address = address;
  }

  async find() {
    try {
      const response = await this.#cache.match(this.#address);
      return response ? new Uint8Array(await response.arrayBuffer()) : null;
    } catch {
      return null;
    }
  }

  /** Keep this one and drop all others; nobody waits for it. */
  async keep(snapshot) {
    try {
      for (const { url } of await this.#cache.keys()) if (url !== this.#address) await this.#cache.delete(url);
      await this.#cache.put(this.#address, new Response(snapshot));
    } catch (error) {
      console.info(`The browser keeps no snapshot of Python: ${error.message}`);
    }
  }

  async forget() {
    await this.#cache.delete(this.#address).catch(() => {});
  }
}
