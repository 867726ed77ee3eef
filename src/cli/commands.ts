import type { Command } from "./arguments.js";

/** Commands by name; each is loaded when it is asked for. */
export const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  serve: async () => (await import("./serve.js")).serveCommand,
  ingest: async () => (await import("./ingest.js")).ingestCommand,
  mosaic: async () => (await import("./mosaic.js")).mosaicCommand,
  demo: async () => (await import("./demo.js")).demoCommand,
  encode: async () => (await import("./encode.js")).encodeCommand,
  decode: async () => (await import("./decode.js")).decodeCommand,
  inspect: async () => (await import("./inspect.js")).inspectCommand,
  remove: async () => (await import("./remove.js")).removeCommand,
  masks: async () => (await import("./masks.js")).masksCommand,
  verify: async () => (await import("./verify.js")).verifyCommand,
  doctor: async () => (await import("./doctor.js")).doctorCommand,
};
