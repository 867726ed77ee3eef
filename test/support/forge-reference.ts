import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";

/** A copy of a TEC-COG whose first reference names something else, which must not be longer: JSON allows spaces after it. */
export async function forgeReference(from: string, to: string, href: string): Promise<void> {
  const text = await readFile(from, "latin1");
  const [old = ""] = /"href":"[^"]*"/.exec(text) ?? [];
  const forged = `"href":${JSON.stringify(href)}`.padEnd(old.length);
  assert.ok(old !== "" && forged.length === old.length, `${forged} instead of ${old}`);
  await writeFile(
    to,
    text.replace(old, () => forged),
    "latin1",
  );
}
