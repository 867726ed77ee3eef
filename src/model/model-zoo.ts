import { createHash } from "node:crypto";
import type { Dirent } from "node:fs";
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { messageOf } from "../core/assert.js";
import { ModelError, NotFoundError } from "../core/errors.js";
import { elicFiles, parseModelCard, type ConvertedCard, type LappedCard, type ModelCard } from "./model-card.js";

/** A model whose files were found and whose checksums agree with its card. */
export type Model = ConvertedModel | LappedModel;

interface ModelFolder {
  /** Folder. */
  readonly path: string;
  /** sha256 of model.json, hex: names every weight and table, since the card holds their checksums. */
  readonly sha256: string;
}

export interface ConvertedModel extends ModelFolder {
  readonly kind: "converted";
  readonly card: ConvertedCard;
  /** TEC-FP's; absent where the model has a coder of its own. */
  readonly tables: Uint8Array | undefined;
}

export interface LappedModel extends ModelFolder {
  readonly kind: "lapped";
  readonly card: LappedCard;
  readonly basis: Uint8Array;
  readonly tables: Uint8Array;
  /** Weights of the context models. */
  readonly weights: Readonly<Partial<Record<"elic" | "tt", Uint8Array>>>;
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
  const card: ModelCard = parseModelCard(text.toString("utf8"), location);
  const folder = { path, sha256: sha256Of(text) };
  return card.format === 1 ? openConverted(card, folder) : openLapped(card, folder);
}

async function openConverted(card: ConvertedCard, folder: ModelFolder): Promise<ConvertedModel> {
  const { fp, official } = card.entropy;
  const ofOfficial = official?.kind === "elic" ? elicFiles(official) : [];
  const parts = [...(fp === undefined ? [] : [fp]), card.analysis, card.synthesis, ...ofOfficial];
  const [first] = await Promise.all(parts.map((part) => readChecked(join(folder.path, part.file), part.sha256)));
  return { kind: "converted", card, ...folder, tables: fp === undefined ? undefined : first };
}

async function openLapped(card: LappedCard, folder: ModelFolder): Promise<LappedModel> {
  const read = (part: { readonly file: string; readonly sha256: string }): Promise<Uint8Array> =>
    readChecked(join(folder.path, part.file), part.sha256);
  const { basis, analysis, branch, synthesis } = card.transform;
  const { tables, elic, tt } = card.entropy;
  const optional = (part: Parameters<typeof read>[0] | undefined): Promise<Uint8Array | undefined> =>
    part === undefined ? Promise.resolve(undefined) : read(part);
  const [basisBytes, tableBytes, elicBytes, ttBytes] = await Promise.all([
    read(basis),
    read(tables),
    optional(elic),
    optional(tt),
  ]);
  await Promise.all([analysis, branch, synthesis].map(optional));
  return {
    kind: "lapped",
    card,
    ...folder,
    basis: basisBytes,
    tables: tableBytes,
    weights: {
      ...(elicBytes === undefined ? {} : { elic: elicBytes }),
      ...(ttBytes === undefined ? {} : { tt: ttBytes }),
    },
  };
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
