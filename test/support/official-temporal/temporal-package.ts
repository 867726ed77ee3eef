import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { messageOf } from "../../../src/core/assert.js";
import { CorruptDataError, ModelError } from "../../../src/core/errors.js";
import { readChecked } from "../../../src/model/model-zoo.js";
import { parseTemporalCard, type TemporalCard } from "./temporal-card.js";

/** What the coder of a TEC-TT or FlexTEC needs: the names and sizes of its networks, and its frozen tables. */
export interface TemporalPackage {
  readonly card: TemporalCard;
  /** The file official.tables: fp.tables' format, set = mean, channel = scale. */
  readonly tables: Uint8Array;
}

/**
 * Reads the tables of a model folder and checks every file's sha256 (0.8 GiB of a full model, once).
 *
 * @throws ModelError when a file is missing or not the one that the card names; CorruptDataError when the card is wrong.
 */
export async function openTemporal(folder: string): Promise<TemporalPackage> {
  const location = join(folder, "model.json");
  const text = await readFile(location, "utf8").catch((cause: unknown) => {
    throw new ModelError(`${location} can't be read: ${messageOf(cause)}`, { cause });
  });
  const json = parseJson(text, location) as { channels?: unknown; entropy?: { official?: unknown } };
  const card = parseTemporalCard(json.entropy?.official, location);
  if (json.channels !== card.channels)
    throw new CorruptDataError(
      location,
      `the transformer codes ${card.channels} channels, the model has ${String(json.channels)}`,
    );
  for (const { file, sha256 } of temporalFiles(card).slice(1)) await readChecked(join(folder, file), sha256);
  return { card, tables: await readChecked(join(folder, card.tables.file), card.tables.sha256) };
}

/** Every file that the card names, the tables first. */
export function temporalFiles(card: TemporalCard): readonly { readonly file: string; readonly sha256: string }[] {
  return [card.tables, card.past, card.joint, card.step, card.dequantise];
}

function parseJson(text: string, location: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new CorruptDataError(location, `not JSON (${messageOf(cause)})`, { cause });
  }
}
