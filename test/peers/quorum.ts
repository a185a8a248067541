import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DialectName } from '../../src/metadata/dialect.ts';
import { scratchFolder } from './process.ts';
import type { TestToken } from './softhsm.ts';
import { station, type TestStation } from './stations.ts';

/** An offline station that holds a root and a targets key in its token. */
export interface KeyStation extends TestStation {
  readonly secrets: readonly string[];
}

/** Several offline stations and an online one, every two paired by cards that carry the keys. */
export interface Quorum {
  readonly online: TestStation;
  readonly offline: readonly KeyStation[];
  readonly on: (file: string) => string;
}

/** Makes an offline station with a root and a targets key in the token. */
export async function keyStation(
  name: string,
  token: TestToken,
  dialect: DialectName = 'notary',
): Promise<KeyStation> {
  const made = await station('offline', name, token.env);
  const pinFile = join(scratchFolder('secrets'), 'pin');
  writeFileSync(pinFile, `${token.pin}\n`, { mode: 0o600 });
  const { path, parameters } = token.module;
  await made.ok('token', 'allow', path, ...(parameters === undefined ? [] : ['--parameters', parameters]));
  const secrets = ['--pin-file', pinFile];
  for (const role of ['root', 'targets']) {
    const place = ['--dialect', dialect, '--token', `${token.uri};object=${role}-${name}`];
    await made.ok('key', 'generate', role, ...place, ...secrets);
  }
  return { ...made, secrets };
}

/** Pairs a station that joins with those that are there, both ways, by cards with keys. */
export async function joined(quorum: Quorum, joining: KeyStation): Promise<Quorum> {
  for (const other of quorum.offline) await pairWithKeys(joining, other, quorum.on);
  await pairWithKeys(quorum.online, joining, quorum.on);
  return { ...quorum, offline: [...quorum.offline, joining] };
}

async function pairWithKeys(
  a: TestStation | KeyStation,
  b: TestStation | KeyStation,
  on: Quorum['on'],
): Promise<void> {
  for (const [from, to] of [
    [a, b],
    [b, a],
  ] as const) {
    const secrets = 'secrets' in from ? from.secrets : [];
    const file = on(`${from.name}-for-${to.name}.card`);
    const { digest } = await from.ok<{ digest: string }>('station', 'card', '-o', file, ...secrets);
    await to.ok('station', 'pair', file, '--approve', digest);
  }
}

/** A quorum of offline stations with these tokens, named after their letters. */
export async function quorumOf(
  tokens: readonly TestToken[],
  dialect: DialectName = 'notary',
): Promise<Quorum> {
  const stick = scratchFolder('stick');
  let quorum: Quorum = {
    online: await station('online', 'build'),
    offline: [],
    on: (file) => join(stick, file),
  };
  for (const [at, token] of tokens.entries())
    quorum = await joined(quorum, await keyStation(`vault-${'abcdefgh'.charAt(at)}`, token, dialect));
  return quorum;
}

/** Signs by script at one station, responses of others at hand; any exit code is an answer. */
export async function signAt(
  { on }: Quorum,
  at: KeyStation,
  files: readonly string[],
  response: string,
): Promise<{ code: number | null; result: Record<string, unknown> }> {
  const { digest, anomalies } = await at.ok<{
    digest: string;
    anomalies: { id: string; typed: boolean }[];
  }>('review', on(files[0] ?? ''), ...files.slice(1).map(on));
  const accept = anomalies.filter(({ typed }) => typed).flatMap(({ id }) => ['--accept', id]);
  const args = ['sign', ...files.map(on), '-o', on(response), ...at.secrets, '--approve', digest, ...accept];
  const finished = await at.run([...args, '--json']);
  return { code: finished.code, result: finished.json() as Record<string, unknown> };
}
