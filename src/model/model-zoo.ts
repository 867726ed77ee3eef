import { createHash } from "node:crypto";
import type { Dirent } from "node:fs";
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { messageOf } from "../core/assert.js";
import { ModelError, NotFoundError } from "../core/errors.js";
import { elicFiles, parseModelCard, type ModelCard } from "./model-card.js";

/** A model whose files were found and whose checksums agree with its card. */
export interface Model {
  readonly card: ModelCard;
  /** Folder. */
  readonly path: string;
  /** sha256 of model.json, hex: names every weight and table, since the card holds their checksums. */
  readonly sha256: string;
  /** TEC-FP's; absent in a converted model with a coder of its own. */
  readonly tables: Uint8Array | undefined;
  /** Bytes of the context models' tables, by entropy model. */
  readonly contextTables: Readonly<Partial<Record<"elic" | "tt", Uint8Array>>>;
}

/** The models of one or more folders, each `<folder>/<id>/model.json`, opened on first use. */
export interface ModelZoo {
  ids(): Promise<readonly string[]>;
  /** @throws NotFoundError for an unknown id, ModelError when a file's sha256 is not the card's. */
  open(id: string): Promise<Model>;
}

export function createModelZoo(folders: readonly string[]): ModelZoo {
  const opened = new Map<string, Promise<Model>>();

  async function ids(): Promise<readonly string[]> {
    const found = await Promise.all(folders.map(listModels));
    return [...new Set(found.flat())].toSorted();
  }

  async function load(id: string): Promise<Model> {
    for (const folder of folders) {
      if ((await listModels(folder)).includes(id)) return openModel(join(folder, id));
    }
    throw new NotFoundError(`Model "${id}" is not installed; there are ${(await ids()).join(", ") || "none"}`);
  }

  return {
    ids,
    open(id) {
      const model = opened.get(id) ?? load(id);
      opened.set(id, model);
      model.catch(() => opened.delete(id));
      return model;
    },
  };
}

/** Reads and checks one model folder. */
export async function openModel(path: string): Promise<Model> {
  const location = join(path, "model.json");
  const text = await readFile(location).catch((cause: unknown) => {
    throw new ModelError(`${location} can't be read: ${messageOf(cause)}`, { cause });
  });
  const card = parseModelCard(text.toString("utf8"), location);
  const { fp, official } = card.entropy;
  const ofOfficial = official?.kind === "elic" ? elicFiles(official) : [];
  const parts = [...(fp === undefined ? [] : [fp]), card.analysis, card.synthesis, ...ofOfficial];
  const [first] = await Promise.all(parts.map((part) => readChecked(join(path, part.file), part.sha256)));
  const tables = fp === undefined ? undefined : first;
  return { card, path, sha256: sha256Of(text), tables, contextTables: await readContexts(card, path) };
}

/** Checks all files of the context models and keeps their tables. */
async function readContexts({ entropy }: ModelCard, path: string): Promise<Model["contextTables"]> {
  const found = Object.entries(entropy.context ?? {}).map(async ([name, parts]) => {
    if (parts === undefined) return [name, undefined] as const;
    const files = [parts.tables, parts.summary, parts.context];
    const [tables] = await Promise.all(files.map((part) => readChecked(join(path, part.file), part.sha256)));
    return [name, tables] as const;
  });
  return Object.fromEntries(await Promise.all(found));
}

/** @throws ModelError when the file can't be read or its sha256 is not `wanted`. */
export async function readChecked(path: string, wanted: string): Promise<Uint8Array> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new ModelError(`${path} can't be read: ${messageOf(cause)}`, { cause });
  });
  const got = sha256Of(bytes);
  if (got !== wanted)
    throw new ModelError(
      `${path} has sha256 ${got.slice(0, 12)}..., its card says ${wanted.slice(0, 12)}...; install the model again`,
    );
  return bytes;
}

async function listModels(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((): Dirent[] => []);
  const found: string[] = [];
  for (const entry of entries) {
    if (!entry.isDirectory()) continue;
    const files = await readdir(join(folder, entry.name)).catch((): string[] => []);
    if (files.includes("model.json")) found.push(entry.name);
  }
  return found;
}

const sha256Of = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
