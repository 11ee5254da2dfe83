// What a tab remembers so that a reload goes on: the token, and which notices it has shown. Knows nothing of what they mean.

const TOKEN = "token";
const SEEN = "rollback studio notices";

export function tokenKept() {
  return read(TOKEN);
}

export function keepToken(token) {
  write(TOKEN, token);
}

/** Which studio's notices were shown, and up to which number; null: none yet. */
export function seenKept() {
  const [studio, seen] = read(SEEN).split(" ");
  return seen ? { studio, seen: Number(seen) || 0 } : null;
}

export function keepSeen(studio, seen) {
  write(SEEN, `${studio} ${seen}`);
}

function read(key) {
  try {
    return sessionStorage.getItem(key) ?? "";
  } catch {
    return ""; // who blocks cookies may have blocked this as well
  }
}

function write(key, value) {
  try {
    sessionStorage.setItem(key, value);
  } catch {
    // then it is not remembered
  }
}
