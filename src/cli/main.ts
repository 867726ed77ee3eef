#!/usr/bin/env node
import { AppError } from "../core/errors.js";
import { messageOf } from "../core/assert.js";
import { printableLines } from "../core/printable.js";
import { parseCommand } from "./arguments.js";
import { COMMANDS } from "./commands.js";
import { readVersion } from "./version.js";

/** Exit codes: 0 done, 1 the work failed, 2 the command line is wrong. */
process.exitCode = await main(process.argv.slice(2));

async function main(argv: readonly string[]): Promise<number> {
  const [name = "--help", ...rest] = argv;
  if (name === "--version" || name === "-v") {
    process.stdout.write(`${await readVersion()}\n`);
    return 0;
  }
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (load === undefined) return usage(name);
  try {
    const command = await load();
    if (rest.includes("--help") || rest.includes("-h")) {
      process.stdout.write(`${command.help.trim()}\n`);
      return 0;
    }
    return await command.run(parseCommand(command, rest));
  } catch (error) {
    process.stderr.write(`tectile: ${printableLines(messageOf(error))}\n`);
    if (!(error instanceof AppError) && process.env["TECTILE_DEBUG"] !== undefined && error instanceof Error)
      process.stderr.write(`${error.stack ?? ""}\n`);
    return error instanceof AppError && error.code === "invalid-request" ? 2 : 1;
  }
}

async function usage(name: string): Promise<number> {
  const commands = await Promise.all(Object.values(COMMANDS).map((load) => load()));
  const lines = commands.map((command) => `  ${command.name.padEnd(8)} ${command.summary}`);
  const asked = name === "--help" || name === "-h" || name === "help";
  const text = `Tectile: Sentinel-2 as TerraCodec latents, decoded to map tiles on demand\n\nUsage: tectile COMMAND [OPTIONS]\n\n${lines.join("\n")}\n\ntectile COMMAND --help tells the options of each.\n`;
  if (asked) process.stdout.write(text);
  else
    process.stderr.write(
      `tectile: command "${name}" is not known; wanted one of ${Object.keys(COMMANDS).join(", ")}\n`,
    );
  return asked ? 0 : 2;
}
