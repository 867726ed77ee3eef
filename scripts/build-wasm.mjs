// Compiles the AssemblyScript modules and writes each, base64, beside the code that uses it (committed, so that a build needs no
// WebAssembly tools). --check fails when a committed text differs.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";

const root = fileURLToPath(new URL("../", import.meta.url));
const MODULES = [
  { source: "src/codec/assembly/rans.ts", target: "src/codec/rans-wasm.ts", name: "RANS_WASM" },
  { source: "src/codec/assembly/context.ts", target: "src/codec/context/context-wasm.ts", name: "CONTEXT_WASM" },
  { source: "src/model/assembly/lapped.ts", target: "src/model/lapped/lapped-wasm.ts", name: "LAPPED_WASM" },
];
const isCheck = process.argv.includes("--check");

for (const { source, target, name } of MODULES) {
  const { error, binary } = await compile(source);
  if (error !== null) {
    console.error(`${source}: ${error.message}`);
    process.exit(1);
  }
  const file = source.split("/").at(-1);
  const text = `// Made by scripts/build-wasm.mjs from assembly/${file}: do not edit.\n/** The compiled module, base64. */\nexport const ${name} =\n  "${Buffer.from(binary).toString("base64")}";\n`;
  const path = `${root}${target}`;
  if (!isCheck) writeFileSync(path, text);
  else if (!existsSync(path) || readFileSync(path, "utf8") !== text) {
    console.error(`${target} is not what ${source} compiles to: run node scripts/build-wasm.mjs`);
    process.exit(1);
  }
}

async function compile(source) {
  let binary = new Uint8Array();
  const options = ["-O3", "--noAssert", "--runtime", "stub", "--initialMemory", "2", "--enable", "simd"];
  const result = await asc.main([source, "--outFile", "module.wasm", ...options], {
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
