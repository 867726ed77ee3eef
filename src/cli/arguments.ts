import { parseArgs, type ParseArgsConfig } from "node:util";
import { messageOf } from "../core/assert.js";
import { InvalidRequestError } from "../core/errors.js";

/** One command of the command line. */
export interface Command {
  readonly name: string;
  /** One line, for the list of commands. */
  readonly summary: string;
  /** What `--help` prints. */
  readonly help: string;
  readonly options: NonNullable<ParseArgsConfig["options"]>;
  /** Gives the exit code. */
  run(input: CommandInput): Promise<number>;
}

export interface CommandInput {
  readonly positionals: readonly string[];
  readonly values: Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;
}

/** @throws InvalidRequestError for an option that is not known. */
export function parseCommand(command: Command, argv: readonly string[]): CommandInput {
  try {
    const { positionals, values } = parseArgs({
      args: [...argv],
      options: { ...command.options, help: { type: "boolean", short: "h" } },
      allowPositionals: true,
    });
    return { positionals, values };
  } catch (cause) {
    throw new InvalidRequestError(`${messageOf(cause).split(". ")[0] ?? ""}; see tectile ${command.name} --help`, {
      cause,
    });
  }
}

export function textOption({ values }: CommandInput, name: string): string | undefined {
  const value = values[name];
  return typeof value === "string" ? value : undefined;
}

export function flagOption({ values }: CommandInput, name: string): boolean {
  return values[name] === true;
}

export function listOption({ values }: CommandInput, name: string): string[] {
  const value = values[name];
  if (Array.isArray(value)) return value.filter((part) => typeof part === "string");
  return typeof value === "string" ? [value] : [];
}

/** @throws InvalidRequestError when it is given and no number in range. */
export function numberOption(
  input: CommandInput,
  name: string,
  range: { readonly min: number; readonly max: number },
): number | undefined {
  const text = textOption(input, name);
  if (text === undefined) return undefined;
  const value = text.trim() === "" ? Number.NaN : Number(text);
  if (Number.isFinite(value) && value >= range.min && value <= range.max) return value;
  throw new InvalidRequestError(`--${name} is "${text}"; wanted a number from ${range.min} to ${range.max}`);
}

/** The positionals, when there are as many as `names`. @throws InvalidRequestError */
export function wantPositionals({ positionals }: CommandInput, names: readonly string[], command: string): string[] {
  if (positionals.length === names.length) return [...positionals];
  throw new InvalidRequestError(
    `tectile ${command} wants ${names.join(" ")}, ${positionals.length} arguments were given; see tectile ${command} --help`,
  );
}
