// Compiles the modules of src/codec/assembly with AssemblyScript and writes each, base64, into a TypeScript file (committed, so that a
// build needs no WebAssembly tools). --check fails when a committed text differs.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";

const root = fileURLToPath(new URL("../", import.meta.url));
const modules = [
  { source: "rans.ts", target: "rans-wasm.ts", constant: "RANS_WASM", options: [] },
  {
    source: "context.ts",
    target: "context/context-wasm.ts",
    constant: "CONTEXT_WASM",
    options: ["--enable", "simd"],
  },
];

for (const { source, target, constant, options } of modules) {
  const { error, stderr, binary } = await compile(source, options);
  if (error !== null) {
    console.error(error.message, stderr.toString());
    process.exit(1);
  }
  const path = `${root}src/codec/${target}`;
  const names = WebAssembly.Module.exports(new WebAssembly.Module(binary)).map(({ name }) => name);
  const text = `// Made by scripts/build-wasm.mjs from assembly/${source}: do not edit.\n/** The compiled module, base64. Exports ${names.join(", ")}. */\nexport const ${constant} =\n  "${Buffer.from(binary).toString("base64")}";\n`;
  if (!process.argv.includes("--check")) writeFileSync(path, text);
  else if (readFileSync(path, "utf8") !== text) {
    console.error(`src/codec/${target} is not what assembly/${source} compiles to: run node scripts/build-wasm.mjs`);
    process.exit(1);
  }
}

async function compile(source, options) {
  let binary = new Uint8Array();
  const flags = ["--outFile", "module.wasm", "-O3", "--noAssert", "--runtime", "stub", "--initialMemory", "2"];
  const result = await asc.main([`src/codec/assembly/${source}`, ...flags, ...options], {
    writeFile: (name, data) => void (name.endsWith(".wasm") && (binary = data)),
    readFile: (name, base) => read(base, name),
  });
  return { ...result, binary };
}

function read(base, name) {
  try {
    return readFileSync(`${root}${name}`, "utf8");
  } catch {
    return null;
  }
}
