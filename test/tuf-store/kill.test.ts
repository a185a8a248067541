import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { build } from 'esbuild';
import { beforeAll, expect, test } from 'vitest';
import type { Store } from '../../src/online/repositories/store.ts';
import { tufDirectoryStore } from '../../src/online/tuf-repository/directory-store.ts';
import { scratchFolder } from '../peers/process.ts';
import { parsed, stateFiles, walk } from './fixture.ts';

let publisher: string;
beforeAll(async () => {
  publisher = join(scratchFolder('publisher'), 'publisher.mjs');
  await build({
    entryPoints: [join(import.meta.dirname, 'publisher.ts')],
    ...{ outfile: publisher, bundle: true, platform: 'node', format: 'esm', external: ['undici'] },
  });
});

/** Starts the publisher; says which version it was last about to publish. */
function publish(folder: string, first: number, last: number, consistent: boolean) {
  const args = [publisher, folder, String(first), String(last), String(consistent)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let announced = first - 1;
  let begin: () => void;
  const started = new Promise<void>((resolve) => (begin = resolve));
  child.stdout.on('data', (chunk: Buffer) => {
    announced = Number(chunk.toString().trim().split('\n').at(-1));
    begin();
  });
  const gone = new Promise<number | null>((resolve) => child.once('close', resolve));
  return { child, started, gone, announced: () => announced };
}

test.each([true, false])(
  'R14: a publisher killed at 25 instants leaves the old state or the new, and the next one goes on (consistent: %s)',
  async (consistent) => {
    const folder = scratchFolder('tuf');
    const store = tufDirectoryStore(folder, 'app');
    let version = 0;
    let inside = 0;
    const begin = performance.now();
    await tufDirectoryStore(scratchFolder('tuf'), 'app').publish(stateFiles({ version: 1 }));
    const once = performance.now() - begin;
    for (let round = 0; round < 25; round++) {
      // a version that is there already, byte for byte, may be published again
      const { child, started, gone, announced } = publish(folder, Math.max(1, version), 1e6, consistent);
      await started;
      await sleep(Math.random() * Math.max(60, once * 6));
      child.kill('SIGKILL');
      await gone;
      const left = readdirSync(folder, { recursive: true, encoding: 'utf8' });
      if (left.some((name) => /\.countersign-(?:pending|decided)$/.test(name))) inside++;
      const found = await walk(store);
      expect([announced() - 1, announced()]).toContain(found.version);
      // whoever reads finishes what was decided, so that nobody meets the timestamp without its root
      expect(found.root).toBe(found.version);
      version = found.version;
    }
    expect(version).toBeGreaterThan(1);
    expect(inside).toBeGreaterThan(0);
    const { gone } = publish(folder, version, version + 1, consistent);
    expect(await gone).toBe(0);
    expect(await walk(store)).toMatchObject({ root: version + 1, version: version + 1 });
    expect(readdirSync(join(folder, 'metadata')).filter((name) => name.startsWith('.'))).toEqual([]);
  },
);

const newestRoot = async (store: Store): Promise<number> => {
  const root = await store.current('root');
  return root === null ? 0 : parsed(root).version;
};

test.each([true, false])(
  'R14: readers meet whole states only while keys are rotated, never one that goes back (consistent: %s)',
  async (consistent) => {
    const folder = scratchFolder('tuf');
    const store = tufDirectoryStore(folder, 'app');
    const { child, gone } = publish(folder, 1, 60, consistent);
    let last = 0;
    let reads = 0;
    while (child.exitCode === null) {
      const before = await newestRoot(store);
      const found = await walk(store).catch((cause: unknown) => cause as Error);
      if (found instanceof Error) {
        // a timestamp stands under two roots, not three: whom two rotations overtook begins again, as clients do
        if ((await newestRoot(store)) - before < 2) throw found;
        continue;
      }
      const { version } = found;
      expect(version).toBeGreaterThanOrEqual(last);
      last = version;
      reads++;
    }
    expect(await gone).toBe(0);
    expect(await walk(store)).toMatchObject({ root: 60, version: 60 });
    expect(reads).toBeGreaterThan(10);
  },
);

test('R14: a disk that takes only some of the files changes nothing (exit 6 of the publication)', async () => {
  const folder = scratchFolder('tuf');
  expect(await publish(folder, 1, 1, true).gone).toBe(0);
  const before = readdirSync(join(folder, 'metadata')).sort();
  // no file may hold more bytes than this: targets fit, the snapshot and the root do not
  const args = ['--fsize=300', process.execPath, publisher, folder, '2', '2', 'true'];
  const child = spawn('prlimit', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  expect(await new Promise((resolve) => child.once('close', resolve))).toBe(1);
  expect(said).toContain('DIRECTORY-IO');
  expect(said).toContain('EFBIG');
  expect(readdirSync(join(folder, 'metadata')).sort()).toEqual(before);
  expect(await walk(tufDirectoryStore(folder, 'app'))).toMatchObject({ root: 1, version: 1 });
});
