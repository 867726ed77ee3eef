import type { LoadedModel } from "../codec/loaded-model.js";
import { InvalidRequestError, NotFoundError } from "../core/errors.js";
import { checkFineness, type Fineness } from "../ingest/coding.js";
import type { Decoder } from "./services.js";

/** How to encode: the first model that is installed, and the model's own quality, unless told otherwise. */
export interface ModelChoice {
  readonly model?: string | undefined;
  /** Quality step, 0 (smallest) upwards. */
  readonly quality?: number | undefined;
  /** Instead of a step: what each chunk is to reach, PSNR in dB (peak 10000) over bands and clear pixels. */
  readonly psnr?: number | undefined;
  /** Instead of a step: root mean square error of each chunk, digital numbers. */
  readonly maxRmse?: number | undefined;
  /** Cloud two steps coarser where the source tells what is cloud ("coarse", the default), or as finely as the rest. */
  readonly clouds?: "coarse" | "same" | undefined;
}

/** @throws NotFoundError for a model that isn't installed, InvalidRequestError for a quality or target that it doesn't have. */
export async function chooseModel(
  choice: ModelChoice,
  decoder: Pick<Decoder, "models" | "loadModel">,
): Promise<Fineness & { readonly model: LoadedModel }> {
  const id = choice.model ?? (await decoder.models.ids())[0];
  if (id === undefined) throw new NotFoundError("No model is installed; give a folder of models with --models");
  const { card } = await decoder.models.open(id);
  const target = targetOf(choice);
  const quality =
    choice.quality ?? (target === undefined ? card.defaultQuality : nearestQuality(target, card.qualities));
  const fineness: Fineness = { quality, target, clouds: choice.clouds };
  const model = await decoder.loadModel(id);
  checkFineness(fineness, model);
  return { model, ...fineness };
}

/** @throws InvalidRequestError where more than one of quality, psnr and maxRmse is given. */
function targetOf({ quality, psnr, maxRmse }: ModelChoice): Fineness["target"] {
  const given = Object.entries({ quality, psnr, maxRmse }).filter(([, value]) => value !== undefined);
  if (given.length > 1)
    throw new InvalidRequestError(
      `${given.map(([name, value]) => `${name} ${String(value)}`).join(" and ")} contradict each other; give one of them`,
    );
  if (psnr !== undefined) return { psnr };
  return maxRmse === undefined ? undefined : { maxRmse };
}

/** The step that reaches about what is wanted on ordinary scenes: what catalogs say of the item. */
function nearestQuality(
  target: NonNullable<Fineness["target"]>,
  qualities: readonly { readonly step: number; readonly psnr: number }[],
): number {
  const psnr = "psnr" in target ? target.psnr : 80 - 20 * Math.log10(target.maxRmse);
  const [nearest] = qualities.toSorted((a, b) => Math.abs(a.psnr - psnr) - Math.abs(b.psnr - psnr));
  return nearest?.step ?? 0;
}
