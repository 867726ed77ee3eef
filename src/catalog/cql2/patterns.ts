/**
 * Whether text matches a LIKE pattern: "%" any characters, "_" one, "\" takes the next as it is. In at most length x length steps,
 * whatever the pattern.
 */
export function isLike(text: string, pattern: readonly Part[]): boolean {
  const characters = Array.from(text);
  let [at, part, star, mark] = [0, 0, -1, 0];
  while (at < characters.length) {
    const wanted = pattern[part];
    if (wanted === ANY) {
      star = part++;
      mark = at;
    } else if (wanted !== undefined && (wanted === ONE || wanted === characters[at])) {
      at++;
      part++;
    } else if (star >= 0) {
      // The last "%" takes one character more.
      part = star + 1;
      at = ++mark;
    } else return false;
  }
  while (pattern[part] === ANY) part++;
  return part === pattern.length;
}

const ANY = Symbol("any characters");
const ONE = Symbol("one character");
type Part = string | typeof ANY | typeof ONE;

/** A pattern's characters and wildcards. */
export function patternOf(text: string): readonly Part[] {
  const parts: Part[] = [];
  const characters = Array.from(text);
  for (let i = 0; i < characters.length; i++) {
    const one = characters[i] ?? "";
    if (one === "\\" && i + 1 < characters.length) parts.push(characters[++i] ?? "");
    else parts.push(one === "%" ? ANY : one === "_" ? ONE : one);
  }
  return parts;
}

/** Text in which case doesn't matter any more (ß counts as ss). */
export const foldCase = (text: string): string => text.toLowerCase().toUpperCase();

/** Text without its letters' marks. */
export const foldAccents = (text: string): string => text.normalize("NFD").replaceAll(/\p{M}/gu, "").normalize("NFC");
