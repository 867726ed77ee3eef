// Compiles src/codec/assembly/rans.ts with AssemblyScript and writes it, base64, into src/codec/rans-wasm.ts (committed, so that a
// build needs no WebAssembly tools). --check fails when the committed text differs.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";

const root = fileURLToPath(new URL("../", import.meta.url));
const target = `${root}src/codec/rans-wasm.ts`;
const { error, stderr, binary } = await compile();
if (error !== null) {
  console.error(error.message, stderr);
  process.exit(1);
}
const text = `// Made by scripts/build-wasm.mjs from assembly/rans.ts: do not edit.\n/** The compiled module, base64. Exports decode, encode, decodeIndexed, encodeIndexed, memory. */\nexport const RANS_WASM =\n  "${Buffer.from(binary).toString("base64")}";\n`;
if (!process.argv.includes("--check")) writeFileSync(target, text);
else if (readFileSync(target, "utf8") !== text) {
  console.error("src/codec/rans-wasm.ts is not what assembly/rans.ts compiles to: run node scripts/build-wasm.mjs");
  process.exit(1);
}

async function compile() {
  let binary = new Uint8Array();
  const result = await asc.main(
    [
      "src/codec/assembly/rans.ts",
      "--outFile",
      "rans.wasm",
      "-O3",
      "--noAssert",
      "--runtime",
      "stub",
      "--initialMemory",
      "2",
    ],
    {
      writeFile: (name, data) => void (name.endsWith(".wasm") && (binary = data)),
      readFile: (name, base) => read(base, name),
    },
  );
  return { ...result, binary };
}

function read(base, name) {
  try {
    return readFileSync(`${root}${name}`, "utf8");
  } catch {
    return null;
  }
}
