import { createHash, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { EXIT } from '../../src/errors.ts';
import { scratchFolder } from '../peers/process.ts';
import { quorumOf, signAt, type KeyStation, type Quorum } from '../peers/quorum.ts';
import type { TestToken } from '../peers/softhsm.ts';
import type { TestStation } from '../peers/stations.ts';
import {
  placeTarget,
  serveFolder,
  tufClient,
  type FolderServer,
  type TufClient,
} from '../peers/tuf-updater.ts';

/** A TUF repository in a folder that is served, the stations that look after it, and independent clients. */
export interface TufEstate extends Quorum {
  readonly name: string;
  readonly folder: string;
  readonly server: FolderServer;
  /** Flags that give the secrets of the online station. */
  readonly secrets: readonly string[];
  /** What every client has to find, by target name. */
  readonly expected: Map<string, Buffer>;
  /** Runs a staging command. */
  stage(...args: string[]): Promise<Record<string, unknown>>;
  /** Makes a target file, puts it where clients look, and gives what a list says of it. */
  target(name: string): { readonly length: string; readonly sha256: string };
  /** Makes a target and stages it. */
  addhash(name: string, role?: string): Promise<void>;
  /** Export, review and sign in turn by these stations (default: the first), publish; then every client must agree. */
  step(name: string, ...signers: readonly number[]): Promise<void>;
  /** The station's new keys get known at the online one. */
  renewCard(at: number): Promise<void>;
  at(index: number): KeyStation;
}

const PASSPHRASE = 'a passphrase of the tests';

/** Stations with these tokens, and an empty repository that is known but not made. */
export async function tufEstate(name: string, tokens: readonly TestToken[]): Promise<TufEstate> {
  const quorum = await quorumOf(tokens, 'tuf');
  const passphraseFile = join(scratchFolder('secrets'), 'passphrase');
  writeFileSync(passphraseFile, `${PASSPHRASE}\n`, { mode: 0o600 });
  const secrets = ['--passphrase-file', passphraseFile];
  const folder = scratchFolder('published');
  const { online } = quorum;
  await online.ok('repository', 'add', name, '--dialect', 'tuf', '--directory', folder);
  for (const role of ['snapshot', 'timestamp']) await onlineKey({ online, secrets }, role, role);
  const server = await serveFolder(folder);
  let kept: TufClient | null = null;
  const estate: TufEstate = {
    ...quorum,
    ...{ name, folder, server, secrets, expected: new Map() },
    stage: (...args) => online.ok(...args),
    target(path) {
      const bytes = randomBytes(64);
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      placeTarget(folder, path, sha256, bytes);
      estate.expected.set(path, bytes);
      return { length: String(bytes.length), sha256 };
    },
    async addhash(path, role) {
      const { length, sha256 } = estate.target(path);
      const into = role === undefined ? [] : ['--role', role];
      await online.ok('addhash', name, path, length, '--sha256', sha256, ...into);
    },
    async step(step, ...signers) {
      await ceremony(estate, step, signers.length === 0 ? [0] : signers);
      kept ??= tufClient(folder, server);
      for (const client of [kept, tufClient(folder, server)])
        for (const [path, bytes] of estate.expected)
          expect(await client.download(path), `${step}: ${path}`).toEqual(bytes);
    },
    async renewCard(index) {
      const station = estate.at(index);
      const card = estate.on(`${randomBytes(4).toString('hex')}.card`);
      const { digest } = await station.ok<{ digest: string }>(
        'station',
        'card',
        '-o',
        card,
        ...station.secrets,
      );
      await online.ok('station', 'pair', card, '--approve', digest);
    },
    at: (index) => quorum.offline[index] as KeyStation,
  };
  return estate;
}

/** One more key of the online station. */
export async function onlineKey(
  { online, secrets }: { readonly online: TestStation; readonly secrets: readonly string[] },
  role: string,
  label: string,
): Promise<void> {
  const flags = ['--dialect', 'tuf', '--keyfile', '--label', label];
  await online.ok('key', 'generate', role, ...flags, ...secrets);
}

/** Export, signatures in turn, publication with every response. */
async function ceremony(estate: TufEstate, step: string, signers: readonly number[]): Promise<void> {
  const { online, on, secrets } = estate;
  const request = `${step}.request.tar`;
  const names = signers.map((index) => estate.at(index).name);
  const to = names.flatMap((name) => ['--to', name]);
  await online.ok('export', '-o', on(request), ...to, '--fill', names[0] ?? '');
  const responses: string[] = [];
  for (const [turn, index] of signers.entries()) {
    const response = `${step}.${String(turn)}.response.tar`;
    const { code, result } = await signAt(estate, estate.at(index), [request, ...responses], response);
    const done = turn === signers.length - 1;
    expect(code, JSON.stringify(result)).toBe(done ? EXIT.done : EXIT.incomplete);
    responses.push(response);
  }
  await online.ok('publish', ...responses.map(on), ...secrets);
}
