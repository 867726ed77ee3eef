import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { messageOf } from "../../core/assert.js";
import { ModelError } from "../../core/errors.js";
import type { TemporalCard } from "./temporal-card.js";

/**
 * Checks a converted package's files against its card and gives the tables; the graphs (0.7 GiB of a full model) are read once for it.
 *
 * @throws ModelError when a file is missing or its sha256 isn't the card's.
 */
export async function readTemporalTables(folder: string, card: TemporalCard): Promise<Uint8Array> {
  for (const part of [card.past, card.joint, card.step, card.dequantise]) await readChecked(folder, part);
  return readChecked(folder, card.tables);
}

async function readChecked(folder: string, part: TemporalCard["tables"]): Promise<Uint8Array> {
  const path = join(folder, part.file);
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new ModelError(`${path} can't be read: ${messageOf(cause)}`, { cause });
  });
  const got = createHash("sha256").update(bytes).digest("hex");
  if (got === part.sha256) return bytes;
  throw new ModelError(
    `${path} has sha256 ${got.slice(0, 12)}..., its card says ${part.sha256.slice(0, 12)}...; convert the checkpoint again`,
  );
}
