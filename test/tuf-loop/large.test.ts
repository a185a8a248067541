import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import type { AddChange } from '../../src/change/change.ts';
import { hashBins } from '../../src/change/hash-bins.ts';
import { sha256Hex } from '../../src/encoding/hash.ts';
import { buildRequest } from '../../src/exchange/request.ts';
import { readRepository } from '../../src/exchange/read-request.ts';
import { tuf } from '../../src/metadata/tuf/dialect.ts';
import { fetchRepository } from '../../src/online/reading/fetch.ts';
import { tufDirectoryStore } from '../../src/online/tuf-repository/directory-store.ts';
import { wantedRoles } from '../../src/online/reading/wanted-roles.ts';
import { differencesOf } from '../../src/review/difference.ts';
import { shadows } from '../../src/review/shadows.ts';
import { exportAll, hashOf, publish, signAll, stations } from '../peers/stations.ts';
import { changeList, importKey, largeRepository } from '../tuf/large-repository.ts';
import { CONTEXT, EXPIRES } from '../tuf/documents.ts';

// a dozen programs, one after the other
vi.setConfig({ testTimeout: 120_000 });

const COUNT = 64;
const TOUCHED = 5;
const NAME = 'bins';
const BINS = hashBins(COUNT, 'bin-');

interface Inspected {
  readonly manifest: {
    readonly repositories: readonly {
      readonly base: readonly { readonly role: string; readonly file: string | null }[];
      readonly result: readonly { readonly role: string }[];
    }[];
  };
}

describe('a change of a few targets in many hash bins', () => {
  test('only touched bins travel; no step opens another one', async () => {
    const made = largeRepository(COUNT * 10, COUNT);
    const pair = await stations({ rootKey: false });
    const { online, offline, passphraseFile, on } = pair;
    for (const role of ['snapshot', 'timestamp'] as const)
      await importKey(online, role, made, passphraseFile);
    await importKey(offline, 'delegation', made, passphraseFile);
    await online.ok('repository', 'add', NAME, '--dialect', 'tuf', '--directory', made.folder);
    const list = changeList(COUNT * 10, TOUCHED);
    const { added } = await online.ok<{ added: AddChange[] }>('add', NAME, '--from', list);
    const touched = [...new Set(added.map(({ role }) => role))].sort();
    expect(touched.length).toBeGreaterThan(2);
    // whoever opens a folder to read it fails
    const metadata = join(made.folder, 'metadata');
    for (const { role } of BINS.filter((one) => !touched.includes(one.role))) {
      rmSync(join(metadata, `1.${role}.json`));
      mkdirSync(join(metadata, `1.${role}.json`));
    }
    expect((await online.run(['list', NAME])).code).not.toBe(0);

    await exportAll(pair, 'request.tar');
    const { manifest } = await online.ok<Inspected>('bundle', 'inspect', on('request.tar'));
    const [record] = manifest.repositories;
    expect(record?.base.map(({ role }) => role)).toEqual([
      ...touched,
      ...['root', 'snapshot', 'targets', 'timestamp'],
    ]);
    expect(record?.result.map(({ role }) => role)).toEqual(touched);
    await signAll(pair, 'request.tar', 'response.tar');
    await publish(pair, 'response.tar');

    const second = readdirSync(metadata).filter((name) => name.startsWith('2.'));
    expect(second.sort()).toEqual([...touched, 'snapshot'].map((role) => `2.${role}.json`).sort());
    const found = await online.ok<object>('lookup', NAME, added[1]!.name);
    expect(found).toMatchObject({ length: 1, hashes: { sha256: hashOf(8) } });
  });

  test('reading, computing, comparing: work grows with what is touched, not with its square or with the bins', async () => {
    const few = await workOf(8);
    const many = await workOf(32);
    // of a touched bin: its envelope, what is signed, the entries; of the result what is signed in both halves, and
    // the changed one. Besides: envelope and what is signed of root, timestamp, snapshot, targets; the changes
    expect(few).toEqual({ opened: 8 + 2, parsed: 6 * 8 + 9, decoded: 2 * 8, asked: 0 });
    expect(many).toEqual({ opened: 32 + 2, parsed: 6 * 32 + 9, decoded: 2 * 32, asked: 0 });
  });
});

interface Work {
  /** Files that the store was asked for. */
  readonly opened: number;
  /** Parts of documents that were read out of their bytes. */
  readonly parsed: number;
  /** Documents of which every target was decoded. */
  readonly decoded: number;
  /** Delegations that were asked alone whether they cover a name. */
  readonly asked: number;
}

/** What export and review do for a change of one target in each of so many bins, in this process. */
async function workOf(touched: number): Promise<Work> {
  const made = largeRepository(COUNT * 10, COUNT);
  const store = tufDirectoryStore(made.folder, NAME);
  let opened = 0;
  const counting: typeof store = {
    ...store,
    listed: (role, entry, consistent) => {
      opened++;
      return store.listed(role, entry, consistent);
    },
  };
  const changes = BINS.slice(0, touched).map(({ role, hashPrefixes }, at): AddChange => {
    const hashes = { sha256: hashOf(at) };
    return { type: 'add', role, name: nameIn(hashPrefixes), length: at, hashes, evidence: null };
  });
  const parse = vi.spyOn(JSON, 'parse');
  const targets = vi.spyOn(tuf, 'targets');
  const covers = vi.spyOn(tuf, 'covers');
  try {
    const fetched = await fetchRepository(tuf, counting, null, 1, wantedRoles(changes), CONTEXT);
    const { files, verified: base } = fetched!;
    const roles = BINS.slice(0, touched).map(({ role }) => ({ role, version: 2, expires: EXPIRES }));
    const none = { onlineKeys: [], evidence: new Map(), filler: null, holders: new Map(), supersedes: [] };
    const plan = { ...none, dialect: tuf, context: CONTEXT, files, base, changes, roles };
    const head = {
      environment: 'production',
      id: '',
      created: EXPIRES,
      notAfter: EXPIRES,
      sequence: 1,
    } as const;
    const from = { name: 'build', key: '' };
    const { manifest, contents } = buildRequest({ ...head, from, to: [] }, [plan]);
    const read = (name: string): Uint8Array => contents.files.get(name.slice('files/'.length))!;
    const reading = readRepository(manifest.repositories[0]!, read, null, CONTEXT.now);
    const differences = differencesOf(reading, reading.roles);
    expect(differences).toHaveLength(touched);
    expect(shadows(reading, differences)).toEqual([]);
    const [parsed, decoded, asked] = [parse, targets, covers].map(({ mock }) => mock.calls.length);
    return { opened, parsed, decoded, asked } as Work;
  } finally {
    parse.mockRestore();
    targets.mockRestore();
    covers.mockRestore();
  }
}

/** A name that belongs into the bin. */
function nameIn(hashPrefixes: readonly string[]): string {
  for (let number = 0; ; number++) {
    const name = `new-${String(number)}`;
    if (hashPrefixes.some((prefix) => sha256Hex(Buffer.from(name)).startsWith(prefix))) return name;
  }
}
