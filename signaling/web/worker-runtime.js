// Python in this worker: Pyodide, the engine and packages, all from this server. Knows no environment and no request.

import { Downloads } from "./worker-downloads.js";
import { WorkerError } from "./worker-protocol.js";
import { startPython } from "./worker-snapshot.js";

export const MANIFEST = "/assets/manifest.json";
const ENGINE = "/engine"; // a folder of Pyodide's own file system
const GLUE = ["environment_values.py", "environment_host.py", "environment_answers.py"];
// What every session comes to need, so that none has to import it again.
const WARM = "import rollback.games, rollback.netplay.in_worker.entry, signaling.web.environment_answers";
const MB = 1 << 20;
const usualFetch = self.fetch;

/**
 * Load Python and the engine; `tell(stage, message, {loaded, total})` hears how far it is. Returns a `Runtime`.
 *
 * With `snapshot` false it neither takes nor keeps a snapshot of Python.
 */
export async function loadRuntime(tell, manifestAddress, { snapshot = true } = {}) {
  tell("manifest", "Asking the server what there is to load");
  const manifest = await readManifest(new URL(manifestAddress, self.location.origin));
  const root = new URL(manifest.pyodide, self.location.origin).href;
  const engineAddress = new URL(manifest.engine, self.location.origin).href;
  const downloads = new Downloads((bytes) => {
    tell("download", `Loading Python: ${inMegabytes(bytes)}`, bytes);
    if (bytes.loaded === bytes.total) tell("python", "Starting Python");
  }, manifest.sizes);
  const glueAddresses = GLUE.map((name) => new URL(name, import.meta.url).href);
  const [asm, wasm, library] = ["pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip"].map((name) => root + name);
  for (const address of [asm, wasm, library, engineAddress, ...glueAddresses]) downloads.expect(address);

  const early = new Map([wasm, library].map((address) => [address, downloads.fetch(address)]));
  const engine = downloads.fetch(engineAddress).then((response) => response.arrayBuffer());
  const glue = Promise.all(glueAddresses.map(async (address) => (await downloads.fetch(address)).text()));
  const core = downloads.import(asm); // Pyodide imports it again and gets this one
  const all = Promise.all([...early.values(), engine, glue, core]);
  all.catch(() => {}); // it is awaited below; whichever fails first is told
  const { loadPyodide } = await import(`${root}pyodide.mjs`);
  await all;
  const [engineBytes, glueTexts] = [await engine, await glue];
  const once = (address, options) => {
    const response = early.get(String(address)); // its bytes can be read once; a second start asks the browser's cache
    early.delete(String(address));
    return response ?? usualFetch(address, options);
  };
  const lock = lockOf(manifest);
  const options = { indexURL: root, lockFileContents: lock, packageBaseUrl: root, fullStdLib: false };
  const pyodide = await startPython({
    parts: [root, JSON.stringify(lock), engineBytes, ...glueTexts, WARM],
    load: (more) => withFetch(once, () => loadPyodide({ ...options, ...more })),
    fill: (started) => {
      tell("engine", "Unpacking the engine");
      unpackEngine(started, engineBytes, glueTexts);
    },
    warm: WARM,
    isOff: !snapshot || bringsMachineCode(manifest),
  });
  return new Runtime(pyodide, manifest);
}

export class Runtime {
  constructor(pyodide, manifest) {
    this.pyodide = pyodide;
    this.manifest = manifest;
  }

  /** What runs here. */
  get versions() {
    const python = this.pyodide.runPython("import platform; platform.python_version()");
    return { pyodide: this.pyodide.version, python };
  }

  /** Install packages by name, with what they depend on; return the names that were not there before. */
  async install(packages, tell) {
    if (!Array.isArray(packages) || packages.some((name) => typeof name !== "string")) {
      throw new WorkerError("PackageError", "installPackages() takes a list of names");
    }
    const offered = this.manifest.packages ?? {};
    const absent = packages.filter((name) => !Object.hasOwn(offered, name));
    if (absent.length > 0) throw new WorkerError("PackageError", absentSentence(absent, this.manifest));
    const downloads = new Downloads(
      (bytes) => tell("packages", `Loading ${packages.join(", ")}: ${inMegabytes(bytes)}`, bytes),
      this.manifest.sizes,
    );
    const troubles = [];
    const loaded = await withFetch(
      (address, options) => downloads.fetch(String(address), options),
      () => this.pyodide.loadPackage(packages, {
        checkIntegrity: true,
        messageCallback: () => {},
        errorCallback: (message) => troubles.push(message),
      }),
    );
    const lacking = packages.filter((name) => !Object.hasOwn(this.pyodide.loadedPackages, name));
    if (lacking.length > 0) {
      throw new WorkerError("PackageError", `${lacking.join(", ")} could not be installed: ${troubles.join("; ")}`);
    }
    return loaded.map(({ name }) => name);
  }
}

async function readManifest(address) {
  const response = await new Downloads(() => {}).fetch(address.href);
  const manifest = await response.json().catch(() => ({}));
  if (!manifest.pyodide || !manifest.engine) {
    const command = manifest.command ?? "rollback fetch-assets";
    throw new WorkerError("AssetError", `this server has no Python for browsers yet: run \`${command}\` where it runs`);
  }
  return manifest;
}

/** Return a lock file that names the packages of this server and no others: Pyodide then asks nobody else. */
function lockOf({ packages = {}, lock = {} }) {
  const entries = Object.entries(packages).map(([name, { url, sha256, depends = [], version = "0", imports = [name] }]) => {
    const file_name = new URL(url, self.location.origin).href;
    return [name, { name, version, file_name, sha256, depends, imports, install_dir: "site", package_type: "package" }];
  });
  const info = { abi_version: "", arch: "wasm32", platform: "", python: "", version: "", ...lock };
  return { info, packages: Object.fromEntries(entries) };
}

/** Whether packages may come that are no mere Python: what those load is told to be at odds with snapshots. */
function bringsMachineCode({ packages = {} }) {
  return Object.values(packages).some(({ url }) => !url.endsWith("-none-any.whl"));
}

function unpackEngine(pyodide, engine, glue) {
  pyodide.unpackArchive(engine, "zip", { extractDir: ENGINE });
  pyodide.FS.mkdirTree(`${ENGINE}/signaling/web`);
  GLUE.forEach((name, place) => pyodide.FS.writeFile(`${ENGINE}/signaling/web/${name}`, glue[place]));
  pyodide.runPython(`import sys; sys.path[:] = dict.fromkeys([${JSON.stringify(ENGINE)}, *sys.path])`); // each once
}

/** Run `work` while what calls the global fetch, as Pyodide does, is served by `instead`. */
async function withFetch(instead, work) {
  self.fetch = instead;
  try {
    return await work();
  } finally {
    self.fetch = usualFetch;
  }
}

function absentSentence(names, { packages = {}, command = "rollback fetch-assets" }) {
  const offered = Object.keys(packages).join(", ") || "none";
  const needed = `${command.split(" --packages")[0]} --packages ${names.join(",")}`;
  return `this server offers no package ${names.join(", ")} (offered: ${offered}): run \`${needed}\` where it runs`;
}

function inMegabytes({ loaded, total }) {
  const here = (loaded / MB).toFixed(1);
  return total === undefined ? `${here} MB` : `${here} of ${(total / MB).toFixed(1)} MB`;
}
