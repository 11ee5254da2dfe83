// The learning curve of a run in bounded memory: means of groups of episodes. Knows how points come; draws nothing.

const MOST = 1500; // groups; more are more than a chart has dots
const WINDOW = 25; // groups that a running median looks at
const [EPISODE, STEP, REWARD, LENGTH, EPSILON, EXTRA] = [0, 1, 2, 3, 4, 5];
const FURTHER = 8; // further numbers of a point that are kept

/** Columns of equal length; `episodes[i]` is the last of its group, everything else the group's mean. */
export class Curve {
  generation = 0;
  stride = 1; // episodes in a group
  last = 0; // the newest episode
  episodes = [];
  columns = new Map(); // by name: reward, steps, epsilon, and whatever else is told
  #step = 0;
  #count = 0; // episodes in the newest group

  /** Forget everything, and begin with a curve as the studio tells it. */
  begin({ generation = 0, stride = 1, last = 0, rows = [] }) {
    this.generation = generation;
    this.stride = Math.max(1, stride);
    this.episodes = [];
    this.columns = new Map();
    for (const row of rows) this.#append(row);
    this.last = last;
    const whole = this.episodes.length - 1;
    this.#count = whole < 0 ? 0 : Math.max(1, Math.min(this.stride, last - (this.episodes[whole - 1] ?? 0)));
    while (this.episodes.length > MOST) this.#halve();
  }

  /** Take episodes; those that are known already are left out. */
  add(rows) {
    for (const row of rows) {
      if (!(row[EPISODE] > this.last)) continue;
      if (this.#count >= this.stride || this.episodes.length === 0) {
        if (this.episodes.length >= MOST) this.#halve();
        if (this.#count >= this.stride || this.episodes.length === 0) {
          this.#append(row);
          this.#count = 1;
          this.last = row[EPISODE];
          continue;
        }
      }
      this.#mix(row);
      this.last = row[EPISODE];
    }
  }

  get size() {
    return this.episodes.length;
  }

  get step() {
    return this.#step;
  }

  column(name) {
    return this.columns.get(name) ?? [];
  }

  /** Whether random actions are known of: some algorithms make none. */
  get explores() {
    return this.column("epsilon").some((value) => value > 0);
  }

  /** Names of the columns that have something to show besides reward, steps and epsilon. */
  get further() {
    return [...this.columns.keys()].filter((name) => !["reward", "steps", "epsilon"].includes(name));
  }

  /** The medians of the groups around each one, as far as they are known. */
  medians(name) {
    const values = this.column(name);
    const window = [];
    return values.map((value, at) => {
      if (value !== null) window.splice(place(window, value), 0, value);
      const gone = at >= WINDOW ? values[at - WINDOW] : null;
      if (gone !== null && gone !== undefined) window.splice(place(window, gone), 1);
      const middle = window.length >> 1;
      if (window.length === 0) return null;
      return window.length % 2 ? window[middle] : (window[middle - 1] + window[middle]) / 2;
    });
  }

  #append(row) {
    const at = this.episodes.length;
    this.episodes.push(row[EPISODE]);
    this.#step = row[STEP];
    for (const [name, value] of named(row)) this.#column(name, at)?.push(value);
    for (const column of this.columns.values()) if (column.length === at) column.push(null);
  }

  #mix(row) {
    const at = this.episodes.length - 1;
    this.episodes[at] = row[EPISODE];
    this.#step = row[STEP];
    for (const [name, value] of named(row)) {
      const column = this.#column(name, at);
      if (column === null || value === null) continue;
      const known = column[at] ?? value;
      column[at] = name === "epsilon" ? value : known + (value - known) / (this.#count + 1);
    }
    this.#count++;
  }

  #column(name, at) {
    if (!this.columns.has(name)) {
      if (this.columns.size >= 3 + FURTHER) return null;
      this.columns.set(name, Array(at).fill(null));
    }
    return this.columns.get(name);
  }

  #halve() {
    const last = this.episodes.length - 1;
    const isOdd = last % 2 === 0; // the newest group has no partner
    this.episodes = this.episodes.filter((_, at) => at % 2 === 1 || at === last);
    for (const [name, column] of this.columns) {
      const halved = [];
      for (let at = 0; at <= last; at += 2) {
        const [left, right] = [column[at], column[at + 1] ?? null];
        if (name === "epsilon") halved.push(right ?? left);
        else halved.push(left === null || right === null ? (left ?? right) : (left + right) / 2);
      }
      this.columns.set(name, halved);
    }
    if (!isOdd) this.#count += this.stride;
    this.stride *= 2;
  }
}

function named(row) {
  const told = [["reward", plain(row[REWARD])], ["steps", plain(row[LENGTH])], ["epsilon", plain(row[EPSILON])]];
  for (const [name, value] of Object.entries(row[EXTRA] ?? {})) told.push([name, plain(value)]);
  return told;
}

function plain(value) {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

function place(sorted, value) {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
