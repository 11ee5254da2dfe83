// Numbers and the words of others, fit to be shown to people. Knows not what they mean.

const LONGEST = 300; // characters: a long sentence
// Whatever steers instead of being read: controls, marks of direction, private and unassigned letters, half letters.
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** Return `text` without line breaks and whatever cannot be printed, at most `longest` characters of it. */
export function plainWords(text, longest = LONGEST) {
  const letters = [...String(text ?? "").slice(0, 4 * longest).replace(UNPRINTABLE, " ").trim().replace(/\s+/g, " ")];
  return letters.length <= longest ? letters.join("") : `${letters.slice(0, longest - 1).join("").trimEnd()}…`;
}

const WHOLE = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const FINE = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });
const SHORT = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });

/** Return a number as people read it: whole ones with separators, others with three digits that matter; a dash for none. */
export function number(value) {
  if (typeof value !== "number" || !Number.isFinite(value)) return "–";
  return Number.isInteger(value) || Math.abs(value) >= 1000 ? WHOLE.format(value) : FINE.format(value);
}

/** Return a large number in a few letters: 512 k. */
export function shortNumber(value) {
  return typeof value === "number" && Number.isFinite(value) ? SHORT.format(value) : "–";
}

/** Return the name of a parameter as words: `learning_rate` is "learning rate". */
export function spaced(name) {
  return plainWords(name, 60).replaceAll("_", " ");
}

/** Return a word with a capital at its beginning. */
export function capital(word) {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
