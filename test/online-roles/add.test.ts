import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { survive } from '../kill/killed.ts';
import { scratchFolder } from '../peers/process.ts';
import { exportAll, publish, roundTrip, signAll } from '../peers/stations.ts';
import { servedRepository, type ServedRepository } from './fixture.ts';

let served: ServedRepository;
beforeAll(async () => {
  served = await servedRepository();
}, 60_000);
afterAll(() => served.stop());

function source(content: string): string {
  const path = join(scratchFolder('source'), 'file');
  writeFileSync(path, content);
  return path;
}

/** Files that the station keeps, without their folders. */
function kept(): string[] {
  const folder = join(served.pair.online.home, 'targets');
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => name.split('/')[1] ?? '')
    .filter((name) => name !== '');
}

const add = (...args: string[]): Promise<{ staged: number }> => served.pair.online.ok('add', 'app', ...args);

async function download(path: string): Promise<string> {
  const updater = await served.client()();
  const info = await updater.getTargetInfo(path);
  if (!info) throw new Error(`no target ${path}`);
  return readFileSync(await updater.downloadTarget(info), 'utf8');
}

describe('add of a file to a TUF folder', () => {
  test('what was hashed is published under its hashes, though the source is gone; tuf-js downloads it', async () => {
    const file = source('one');
    await add('bin/one', file);
    rmSync(file);
    const digest = createHash('sha256').update('one').digest('hex');
    expect(kept()).toEqual([digest]);
    await exportAll(served.pair, 'one.request.tar');
    expect(kept()).toEqual([digest]);
    await signAll(served.pair, 'one.request.tar', 'one.response.tar');
    expect(existsSync(join(served.folder, 'targets'))).toBe(false);
    await publish(served.pair, 'one.response.tar');
    expect(readFileSync(join(served.folder, 'targets', 'bin', `${digest}.one`), 'utf8')).toBe('one');
    expect(await download('bin/one')).toBe('one');
    expect(kept()).toEqual([]);
  });

  test('reset, a last word on a name, and a request that is given up leave no copy behind', async () => {
    const { online, on } = served.pair;
    await add('bin/two', source('two'));
    await online.ok('reset', 'app');
    expect(kept()).toEqual([]);
    await add('bin/two', source('two, first'));
    await add('bin/two', source('two, second'));
    expect(kept()).toHaveLength(2);
    const given = await exportAll(served.pair, 'up.request.tar');
    await online.ok('export', '--supersede', given, '-o', on('two.request.tar'));
    expect(kept()).toHaveLength(2);
    await signAll(served.pair, 'two.request.tar', 'two.response.tar');
    await add('bin/three', source('three'));
    await publish(served.pair, 'two.response.tar');
    expect(await download('bin/two')).toBe('two, second');
    // only what is staged now, and no target file that nothing lists
    expect(kept()).toEqual([createHash('sha256').update('three').digest('hex')]);
    expect(
      readdirSync(join(served.folder, 'targets', 'bin')).filter((name) => name.endsWith('.two')),
    ).toHaveLength(2);
    await roundTrip(served.pair, 'three');
    expect([await download('bin/three'), kept()]).toEqual(['three', []]);
  });

  test('TARGET-PATH ADD-FILE: names that are no paths and files that are not there stage and keep nothing', async () => {
    const { online } = served.pair;
    for (const [name, file, check] of [
      ['bin//x', source('x'), 'TARGET-PATH'],
      ['../x', source('x'), ''],
      ['bin/x', '/nonexistent', 'ADD-FILE'],
      ['bin/x', '/', 'ADD-FILE'],
    ] as const) {
      const { code, stdout } = await online.run(['add', 'app', name, file, '--json']);
      expect(code, name).not.toBe(0);
      expect(stdout).toContain(check);
    }
    expect(kept()).toEqual([]);
    expect(JSON.stringify(await online.ok('status', 'app'))).not.toContain('bin/x');
  });

  test('R14: add and publish under kill -9: a listed target is there at every instant, and a rerun finishes', async () => {
    const { online, on, passphraseFile } = served.pair;
    const content = 'k'.repeat(3_000_000);
    const adding = ['add', 'app', 'bin/killed', source(content)];
    await survive({ station: online, env: {}, args: adding }, 5, 600, () => Promise.resolve());
    expect(kept()).toEqual([createHash('sha256').update(content).digest('hex')]);
    await exportAll(served.pair, 'killed.request.tar');
    await signAll(served.pair, 'killed.request.tar', 'killed.response.tar');
    const args = ['publish', on('killed.response.tar'), '--passphrase-file', passphraseFile];
    const client = served.client();
    const { kills } = await survive({ station: online, env: {}, args }, 8, 1_500, async () => {
      const updater = await client();
      const info = await updater.getTargetInfo('bin/killed');
      if (info) expect(readFileSync(await updater.downloadTarget(info), 'utf8')).toBe(content);
    });
    expect(kills).toBeGreaterThan(0);
    expect(await download('bin/killed')).toBe(content);
    expect(kept()).toEqual([]);
    // whose writer may be at work on another machine is left alone for an hour, hidden
    const parts = (): string[] =>
      readdirSync(served.folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
        name.endsWith('.part'),
      );
    for (const part of parts()) {
      expect(part).toMatch(/^targets\/\.countersign-[^/]+$/);
      utimesSync(join(served.folder, part), Date.now() / 1000, Date.now() / 1000 - 4_000);
    }
    await add('bin/after', source('after'));
    await roundTrip(served.pair, 'after');
    expect(parts()).toEqual([]);
  }, 60_000);
});
