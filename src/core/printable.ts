/**
 * A text as a terminal may show it: control characters and those that turn the direction of writing are written as JSON escapes them, so that a file's
 * name neither moves the cursor nor breaks a line.
 */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\u202A-\u202E\u2066-\u2069]/gu, escape);
}

/** The same of a text of several lines. */
export function printableLines(text: string): string {
  return text.split("\n").map(printable).join("\n");
}

function escape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
