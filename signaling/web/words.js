// What others said, fit to be shown to people: one printable line, not too long. Knows not who said it.

const LONGEST = 300; // characters: a long sentence
// Whatever steers instead of being read: controls, marks of direction, private and unassigned letters, half letters.
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** Return `text` without line breaks and whatever cannot be printed, at most `longest` characters of it. */
export function plainWords(text, longest = LONGEST) {
  const letters = [...String(text ?? "").slice(0, 4 * longest).replace(UNPRINTABLE, " ").trim().replace(/\s+/g, " ")];
  return letters.length <= longest ? letters.join("") : `${letters.slice(0, longest - 1).join("").trimEnd()}…`;
}
