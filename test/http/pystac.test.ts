import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { useSceneServer } from "../support/scene-server.js";

const SCRIPT = fileURLToPath(new URL("../../../test/clients/pystac_client_check.py", import.meta.url));
const PYTHON = process.env["TECTILE_TEST_PYTHON"] ?? "python3";
const run = promisify(execFile);

const server = useSceneServer();

test("pystac-client opens the server, searches with paging, and every document validates", async (t) => {
  const there = await run(PYTHON, ["-c", "import pystac_client, jsonschema"]).then(
    () => true,
    () => false,
  );
  if (!there) return t.skip("pystac-client is not installed; TECTILE_TEST_PYTHON names a Python that has it");
  const { stdout } = await run(PYTHON, [SCRIPT, `${server.url}/`]);
  assert.match(stdout, /1 collections and 3 items are as pystac-client expects/);
});
