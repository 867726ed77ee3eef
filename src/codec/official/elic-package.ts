import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { CorruptDataError, UnsupportedError } from "../../core/errors.js";
import { elicFiles, parseElicCard, type ElicCard } from "../../model/model-card.js";
import { readChecked } from "../../model/model-zoo.js";
import { readFloats, readRows, type Cursor, type StepTables } from "../tables.js";

/** What the coder of a TEC-ELIC needs: the names of its networks and its frozen tables. */
export interface ElicPackage {
  readonly card: ElicCard;
  /** M: the sum of the groups. */
  readonly channels: number;
  readonly tables: ElicTables;
}

export interface ElicTables {
  /** Added to z's symbols, length N. */
  readonly medians: Float32Array;
  /** Thresholds of the scales, ascending: row i codes a scale above scales[i - 1] and at most scales[i]. */
  readonly scales: Float32Array;
  /** One row a channel of z. */
  readonly z: StepTables;
  /** One row a scale. */
  readonly y: StepTables;
}

/**
 * Reads the tables of a model folder and checks every file's sha256.
 *
 * @throws ModelError when a file is missing or not the one that the card names; CorruptDataError when the card or the tables are wrong.
 */
export async function openElic(folder: string): Promise<ElicPackage> {
  const location = join(folder, "model.json");
  const json = JSON.parse(await readFile(location, "utf8")) as { channels?: unknown; entropy?: { official?: unknown } };
  const card = parseElicCard(json.entropy?.official, location);
  const channels = card.groups.reduce((sum, group) => sum + group.channels, 0);
  if (json.channels !== channels)
    throw new CorruptDataError(
      location,
      `groups of ${channels} channels in all, the model has ${String(json.channels)}`,
    );
  const [bytes] = await Promise.all(elicFiles(card).map((part) => readChecked(join(folder, part.file), part.sha256)));
  const tables = parseElicTables(bytes ?? new Uint8Array(), join(folder, card.tables.file));
  if (tables.medians.length !== card.hyperChannels)
    throw new CorruptDataError(
      location,
      `hyperChannels ${card.hyperChannels}, the tables have ${tables.medians.length}`,
    );
  return { card, channels, tables };
}

/**
 * Parses official.tables (models/training/convert_official.py).
 *
 * @throws CorruptDataError naming `location` when the file is not whole.
 */
export function parseElicTables(bytes: Uint8Array, location: string): ElicTables {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 10 || String.fromCharCode(...bytes.subarray(0, 4)) !== "TECE")
    throw new CorruptDataError(location, 'not tables of TEC-ELIC: "TECE" expected at their start');
  if (view.getUint16(4, true) !== 1)
    throw new UnsupportedError(`${location}: table version ${view.getUint16(4, true)}, this version reads 1`);
  const [channels, levels] = [view.getUint16(6, true), view.getUint16(8, true)];
  const cursor: Cursor = { view, at: 10, location };
  const [medians, scales] = [readFloats(cursor, channels), readFloats(cursor, levels)];
  if (scales.some((scale, i) => !(scale > (scales[i - 1] ?? 0))))
    throw new CorruptDataError(location, "the scales don't ascend");
  const [z, y] = [stepOf(cursor, channels), stepOf(cursor, levels)];
  if (cursor.at !== bytes.length) throw new CorruptDataError(location, `${bytes.length} bytes, ${cursor.at} expected`);
  return { medians, scales, z, y };
}

function stepOf(cursor: Cursor, rows: number): StepTables {
  const one = new Float32Array(rows).fill(1);
  return { sets: 1, channels: rows, gain: one, degain: one, rounding: one.map(() => 0.5), ...readRows(cursor, rows) };
}
