import { ROOT } from "./report.js";
import { SCENE_CATALOG } from "./scene.js";
import type { ServerCommand } from "./server-process.js";

/** Our server over the scene's catalog, on the cpu; `settings` are TECTILE_* variables. */
export function tectile(settings: Readonly<Record<string, string>> = {}): ServerCommand {
  return {
    command: process.execPath,
    args: (port) => [
      `${ROOT}build/src/cli/main.js`,
      "serve",
      "--catalog",
      SCENE_CATALOG,
      "--port",
      String(port),
      "--provider",
      "cpu",
    ],
    env: { TECTILE_LOG_LEVEL: "error", ...settings },
    ready: "/healthz",
  };
}
