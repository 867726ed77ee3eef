import { z } from "zod";
import type { CatalogWriter } from "../../catalog/catalog-writer.js";
import { tecItemFields } from "../../catalog/tec-extension.js";
import type { CatalogItem } from "../../catalog/types.js";
import { InvalidRequestError } from "../../core/errors.js";
import { ingestSource, type IngestOptions, type IngestResult } from "../../ingest/ingest.js";
import type { Source } from "../../ingest/source.js";
import { mosaicSource } from "./mosaic-source.js";
import type { MosaicUse } from "./mosaic-use.js";
import { planFilled } from "./plan-filled.js";
import { planMosaics, type MosaicPlan } from "./plan-mosaics.js";
import type { Schedule } from "./periods.js";

export interface MosaicOptions {
  /** Id of the collection whose dates are merged. */
  readonly collection: string;
  readonly schedule: Schedule;
  readonly use: Omit<MosaicUse, "every">;
  /** How mosaics are encoded, and into which collection. */
  readonly ingest: Omit<IngestOptions, "onProgress" | "run">;
  /** Removes mosaics of whose dates none is there any more. */
  readonly prune: boolean;
  /** With "inpaint": dates before and after that one is filled from. */
  readonly maxReferences: number;
  /** Mosaics made at once. */
  readonly workers: number;
  readonly onProgress?: ((plan: MosaicPlan, done: number, total: number) => void) | undefined;
  /** Told of each mosaic when it is there, or of what went wrong with it. */
  readonly onMosaic?: ((plan: MosaicPlan, outcome: MosaicOutcome) => void) | undefined;
}

export type MosaicOutcome =
  | { readonly kind: "made"; readonly source: Source; readonly result: IngestResult; readonly seconds: number }
  | { readonly kind: "failed"; readonly error: unknown };

export interface MosaicsReport {
  readonly planned: number;
  readonly failed: number;
  /** Ids of mosaics that were removed. */
  readonly removed: readonly string[];
}

/**
 * Makes a collection's mosaics: each is an item of a collection beside it, encoded as a date is. One whose dates, method and encoding
 * are those of before is left alone; a process killed at any moment leaves the catalog whole, and the next run makes what is missing.
 *
 * @throws InvalidRequestError where the collection has no dates.
 */
export async function makeMosaics(options: MosaicOptions): Promise<MosaicsReport> {
  const { collection, schedule, ingest } = options;
  const { writer } = ingest;
  if (ingest.collection.id === collection)
    throw new InvalidRequestError(
      `The mosaics of ${collection} want a collection of their own; give another --out-collection`,
    );
  const items = await writer.items(collection);
  if (items.length === 0) throw new InvalidRequestError(`Collection ${collection} has no items in the catalog`);
  const planned = planMosaics(items, schedule);
  const plans = options.use.method === "inpaint" ? await planFilled(planned, items, options.maxReferences) : planned;
  if (plans.length === 0)
    throw new InvalidRequestError(`No date of ${collection} with a clear pixel lies in ${schedule.every}`);
  const failed = await makeAll(plans, options);
  const removed = options.prune ? await removeOrphans(writer, ingest.collection.id, { items, plans }) : [];
  await linkBoth(options);
  return { planned: plans.length, failed, removed };
}

async function makeAll(plans: readonly MosaicPlan[], options: MosaicOptions): Promise<number> {
  const run = new Set(plans.map(({ id }) => id));
  const { ingest, schedule, use } = options;
  const queue = plans.values();
  let failed = 0;
  const work = async (): Promise<void> => {
    for (const plan of queue) {
      const start = performance.now();
      try {
        const source = await mosaicSource(plan, { ...use, every: schedule.every }, ingest.signal);
        const onProgress = (done: number, total: number): void => options.onProgress?.(plan, done, total);
        const result = await ingestSource(source, { ...ingest, run, onProgress });
        options.onMosaic?.(plan, { kind: "made", source, result, seconds: (performance.now() - start) / 1000 });
      } catch (error) {
        ingest.signal?.throwIfAborted();
        failed++;
        options.onMosaic?.(plan, { kind: "failed", error });
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(options.workers, plans.length) }, work));
  return failed;
}

const mosaicSchema = z.object({ properties: tecItemFields.pick({ "tec:mosaic": true }) });

/** Mosaics that this collection's dates made and of which no date is left. */
async function removeOrphans(
  writer: CatalogWriter,
  target: string,
  of: { readonly items: readonly CatalogItem[]; readonly plans: readonly MosaicPlan[] },
): Promise<readonly string[]> {
  const [there, planned] = [new Set(of.items.map(({ id }) => id)), new Set(of.plans.map(({ id }) => id))];
  const orphans = (await writer.items(target)).filter(({ id, json }) => {
    const sources = mosaicSchema.safeParse(json).data?.properties["tec:mosaic"]?.sources;
    return sources !== undefined && !planned.has(id) && !sources.some((source) => there.has(source));
  });
  const ids = orphans.map(({ id }) => id);
  if (ids.length > 0) await writer.removeItems(target, ids);
  return ids;
}

async function linkBoth({ collection, schedule, use, ingest }: MosaicOptions): Promise<void> {
  const { writer } = ingest;
  const target = ingest.collection.id;
  const every = ["month", "quarter", "year"].includes(schedule.every) ? `a ${schedule.every}` : "chosen dates";
  await writer.linkCollection(target, { rel: "derived_from", to: collection, title: `Dates of ${collection}` });
  await writer.linkCollection(collection, {
    rel: "related",
    to: target,
    title: `Without clouds: ${use.method} of ${every}`,
  });
}
