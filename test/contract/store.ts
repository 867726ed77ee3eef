import assert from "node:assert/strict";
import { test } from "node:test";
import { CorruptDataError, NotFoundError } from "../../src/core/errors.js";
import { readExactly, type ByteSource } from "../../src/store/byte-source.js";
import { withCachedHead } from "../../src/store/cached-head.js";

export interface StoreUnderTest {
  /** Makes a source that holds these bytes. */
  readonly open: (bytes: Uint8Array) => Promise<ByteSource>;
  /** Opens, or at least reads, something that isn't there; absent where nothing can be missing. */
  readonly openMissing?: () => Promise<ByteSource>;
}

/** What every ByteSource promises, run over each implementation. */
export function testStore(name: string, store: StoreUnderTest): void {
  const bytes = Uint8Array.from({ length: 100_000 }, (_, i) => (i * 31 + (i >> 8)) & 255);

  test(`${name}: a range gives the bytes at its offset`, async () => {
    const source = await store.open(bytes);
    assert.deepEqual(await source.getRange(70_000, 5000), bytes.slice(70_000, 75_000));
    assert.deepEqual(await source.getRange(0, 1), bytes.slice(0, 1));
    assert.equal(await source.size(), bytes.length);
    await source.close();
  });

  test(`${name}: a range over the end is cut there, and one beyond it is empty`, async () => {
    const source = await store.open(bytes);
    assert.deepEqual(await source.getRange(99_990, 500), bytes.slice(99_990));
    assert.equal((await source.getRange(100_000, 10)).length, 0);
    assert.equal((await source.getRange(250_000, 10)).length, 0);
    assert.equal((await source.getRange(10, 0)).length, 0);
    await assert.rejects(readExactly(source, 99_990, 20), (error) => {
      assert.ok(error instanceof CorruptDataError);
      assert.match(error.message, /20 bytes expected at offset 99990, 10 read/);
      return true;
    });
    await source.close();
  });

  test(`${name}: what a read returned may be written to without changing the source`, async () => {
    const source = await store.open(bytes.slice());
    (await source.getRange(0, 100)).fill(0);
    assert.deepEqual(await source.getRange(0, 100), bytes.slice(0, 100));
    await source.close();
  });

  test(`${name}: many reads at once don't mix`, async () => {
    const source = await store.open(bytes);
    const offsets = Array.from({ length: 40 }, (_, i) => i * 2311);
    const parts = await Promise.all(offsets.map((offset) => source.getRange(offset, 777)));
    for (const [i, offset] of offsets.entries()) assert.deepEqual(parts[i], bytes.slice(offset, offset + 777));
    await source.close();
  });

  test(`${name}: the identity stays while the bytes do and differs for other bytes`, async () => {
    const source = await store.open(bytes);
    const other = await store.open(bytes.slice(0, 99_999));
    assert.equal(await source.identity(), await source.identity());
    assert.notEqual(await source.identity(), await other.identity());
    await Promise.all([source.close(), other.close()]);
  });

  test(`${name}: an aborted read rejects`, async () => {
    const source = await store.open(bytes);
    await assert.rejects(source.getRange(0, 10, AbortSignal.abort()), { name: "AbortError" });
    await source.close();
  });

  test(`${name}: behind a cached head it gives the same bytes, size and identity`, async () => {
    const plain = await store.open(bytes);
    const cached = withCachedHead(plain, 4096);
    assert.deepEqual(await cached.getRange(8, 100), bytes.slice(8, 108));
    assert.deepEqual(await cached.getRange(4000, 200), bytes.slice(4000, 4200));
    assert.equal(await cached.size(), bytes.length);
    assert.equal(await cached.identity(), await plain.identity());
    await cached.close();
  });

  const { openMissing } = store;
  if (openMissing === undefined) return;
  test(`${name}: a missing one is a NotFoundError`, async () => {
    const read = async (): Promise<unknown> => (await openMissing()).getRange(0, 10);
    await assert.rejects(read, NotFoundError);
  });
}
