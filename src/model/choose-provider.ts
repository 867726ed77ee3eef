import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Trial } from "./probe.js";
import type { Transform } from "./transform.js";
import { CHUNK_POSITIONS } from "../core/geometry.js";
import { COMPONENTS, FREQUENCIES } from "./lapped/geometry.js";
import { listProviders, type Provider } from "./session.js";

/** One provider tried: how long a 256 px window of three bands takes there, or why it can't be used. */
export interface ProviderTrial {
  readonly provider: Provider;
  /** Median of five runs, milliseconds. */
  readonly ms: number | undefined;
  readonly problem: string | undefined;
}

const TIMEOUT_MS = 60_000;

/** Tries every provider of this build of onnxruntime, each in a process of its own. */
export async function tryProviders(
  transform: Transform,
  providers: readonly Provider[] = listProviders(),
): Promise<readonly ProviderTrial[]> {
  const trials: ProviderTrial[] = [];
  for (const provider of providers) trials.push(await tryProvider(transform, provider));
  return trials;
}

/** The fastest that works; the cpu where nothing else does. */
export function fastestProvider(trials: readonly ProviderTrial[]): Provider {
  const working = trials.filter((trial) => trial.ms !== undefined);
  return working.toSorted((a, b) => (a.ms ?? Infinity) - (b.ms ?? Infinity))[0]?.provider ?? "cpu";
}

function tryProvider(transform: Transform, provider: Provider): Promise<ProviderTrial> {
  const script = fileURLToPath(new URL("./probe.js", import.meta.url));
  const trial = trialOf(transform, provider);
  return new Promise((resolve) => {
    execFile(process.execPath, [script, provider, JSON.stringify(trial)], { timeout: TIMEOUT_MS }, (error, stdout) => {
      const line = stdout.trim().split("\n").at(-1) ?? "";
      try {
        const answer = JSON.parse(line) as { ok: boolean; ms?: number; error?: string };
        resolve({
          provider,
          ms: answer.ok ? answer.ms : undefined,
          problem: answer.ok ? undefined : summary(answer.error ?? ""),
        });
      } catch {
        resolve({
          provider,
          ms: undefined,
          problem: error?.killed === true ? `no answer in ${TIMEOUT_MS / 1000} s` : "its driver crashed",
        });
      }
    });
  });
}

/** The network that a 256 px window of three bands goes through: of the lapped basis on the cpu its branch, which is most of the work. */
function trialOf(transform: Transform, provider: Provider): Trial {
  const side = CHUNK_POSITIONS + 2 * transform.halo;
  if (transform.kind === "network")
    return { kind: "converted", path: transform.synthesis, channels: transform.channels, side };
  if (provider === "cpu" && transform.branch !== undefined)
    return { kind: "branch", path: transform.branch, channels: transform.basis.canonical.length, side };
  return { kind: "synthesis", path: transform.synthesis, channels: COMPONENTS * FREQUENCIES, side };
}

/** The first sentence of onnxruntime's long messages, without its source paths. */
function summary(message: string): string {
  if (/adapter/i.test(message)) return "no graphics adapter was found";
  if (/shared library|libonnxruntime_providers/i.test(message)) return "its onnxruntime library is not installed";
  return (
    message
      .split("\n")[0]
      ?.replace(/^.*?can't be loaded on \w+: /, "")
      .slice(0, 160) ?? ""
  );
}
