import { verifyPath } from "../app/verify-path.js";
import { wantPositionals, type Command, type CommandInput } from "./arguments.js";
import { DECODER_HELP, DECODER_OPTIONS, openDecoder } from "./decoder.js";

const HELP = `
Usage: tectile verify PATH [OPTIONS]

Checks a TEC-COG, or a whole catalog folder: checksums of all latents, files, references and links.
Exit code 0 when everything is whole, 1 when something is broken (each named on a line).

${DECODER_HELP}
`;

export const verifyCommand: Command = {
  name: "verify",
  summary: "Check checksums, references and links",
  help: HELP,
  options: DECODER_OPTIONS,
  run: verify,
};

async function verify(input: CommandInput): Promise<number> {
  const [path = ""] = wantPositionals(input, ["PATH"], "verify");
  const decoder = await openDecoder(input);
  try {
    const problems = await verifyPath(path, decoder);
    for (const problem of problems) process.stdout.write(`${problem}\n`);
    process.stdout.write(problems.length === 0 ? `${path} is whole\n` : `${path}: ${problems.length} problems\n`);
    return problems.length === 0 ? 0 : 1;
  } finally {
    await decoder.close();
  }
}
