// The way back into a room, kept by the tab: a page that is loaded again goes on as the same member. Knows no connection.

const PREFIX = "rollback.way-back.";
const MENDED = { O: "0", I: "1", L: "1" }; // slips in room codes, as the lobby mends them

/** Keep the newest resume token of a room; it is in use until `release`. */
export function keepWayBack(room, resume, spectate) {
  write(room, { resume, spectate, free: false });
}

/**
 * Return the resume token kept for a room, null where there is none, or where it is of another kind of member.
 *
 * A tab that was duplicated has a copy of a token whose page still lives, and taking that would throw the other page out.
 * So a token counts only if its page said goodbye, or this page was reloaded, which is what follows a crash.
 */
export function findWayBack(room, spectate) {
  const kept = read(room);
  if (!kept || typeof kept.resume !== "string" || kept.spectate !== spectate) return null;
  const [visit] = performance.getEntriesByType("navigation");
  return kept.free || visit?.type === "reload" ? kept.resume : null;
}

/** Say that this page uses the token no more, and another may. */
export function releaseWayBack(room) {
  const kept = read(room);
  if (kept) write(room, { ...kept, free: true });
}

/** Forget the token: the member left for good, or the lobby does not take it any more. */
export function forgetWayBack(room) {
  try {
    sessionStorage.removeItem(keyOf(room));
  } catch {
    // A browser that keeps nothing has nothing to forget.
  }
}

function keyOf(room) {
  const letters = String(room).toUpperCase().slice(0, 64).replace(/[OIL]/g, (letter) => MENDED[letter]);
  return PREFIX + letters.replace(/[^0-9A-Z]/g, "");
}

function read(room) {
  try {
    const kept = JSON.parse(sessionStorage.getItem(keyOf(room)));
    return typeof kept === "object" ? kept : null;
  } catch {
    return null; // not allowed here, or not ours
  }
}

function write(room, kept) {
  try {
    sessionStorage.setItem(keyOf(room), JSON.stringify(kept));
  } catch {
    // Without it a reload cannot come back as the same member, and all else works.
  }
}
