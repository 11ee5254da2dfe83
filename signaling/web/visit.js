// What a tab remembers: the name, the room it is in, what was folded away, so that a reload leads back. Knows no lobby.

const NAME = "rollback.name";
const ROOM = "rollback.room";
const FOLDED = "rollback.folded";

export function nameKept() {
  return read(NAME) ?? "";
}

export function keepName(name) {
  write(NAME, name);
}

/** Remember the room that this tab is in, `{room, name, spectate}`. */
export function keepEntered(entered) {
  write(ROOM, JSON.stringify(entered));
}

export function forgetEntered() {
  write(ROOM, null);
}

/** The room that this tab was in when it was loaded again; null unless the address is that of the same room. */
export function enteredRoom(code) {
  try {
    const entered = JSON.parse(read(ROOM));
    const isSame = code !== null && typeof entered?.room === "string" && entered.room === code;
    return isSame ? { room: code, name: String(entered.name ?? ""), spectate: entered.spectate === true } : null;
  } catch {
    return null;
  }
}

/** Whether the numbers of the line were folded away; null: nobody said. */
export function wasFolded() {
  const kept = read(FOLDED);
  return kept === null ? null : kept === "yes";
}

export function keepFolded(isFolded) {
  write(FOLDED, isFolded ? "yes" : "no");
}

function read(key) {
  try {
    return sessionStorage.getItem(key);
  } catch {
    return null; // a page that shows ours in a frame may forbid it
  }
}

function write(key, value) {
  try {
    if (value === null) sessionStorage.removeItem(key);
    else sessionStorage.setItem(key, value);
  } catch {
    // then it is not remembered
  }
}
