import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { exportAll, hashOf, publish, signAll, type TestStations } from '../peers/stations.ts';
import { intactness } from './intact.ts';
import { survive, type Killable } from './killed.ts';

/** Versions of the current metadata, read without the program. */
export interface Versions {
  readonly root: number;
  readonly targets: number;
  readonly snapshot: number;
  readonly timestamp: number;
  /** Names of the targets. */
  readonly names: readonly string[];
}

/** What is published and how to read it past the program. */
export interface Peer {
  /** Says where a repository lives. */
  add(gun: string): Promise<void>;
  versions(gun: string): Promise<Versions>;
  /** Looked at after each kill of publish. */
  intact(gun: string): Promise<void>;
  readonly name: (round: number) => string;
}

/** Kills of one command in one round. */
const KILLS = 4;
/** Every so many rounds a new repository begins, so that keys and certificates are made under kills too. */
const ROUNDS_OF_ONE = 4;

type Verb = 'export' | 'sign' | 'publish';

/**
 * Rounds of addhash, export, sign and publish, each but the first killed again and again, until so many kills
 * happened; after each round the server holds exactly one version more.
 *
 * @returns kills by command, and how often a killed run had recorded everything
 */
export async function killRounds(
  pair: TestStations,
  peer: Peer,
  total: number,
): Promise<Readonly<Record<Verb | 'replay', number>>> {
  const counts = { export: 0, sign: 0, publish: 0, replay: 0 };
  const usual: Record<Verb, number> = await usualDurations(pair, peer);
  const intact = intactness(pair);
  const offlineEnv = pair.token?.env ?? {};
  const [passphrase, secrets] = [['--passphrase-file', pair.passphraseFile], pair.secrets];
  for (let round = 0; counts.export + counts.sign + counts.publish < total; round++) {
    const gun = peer.name(Math.floor(round / ROUNDS_OF_ONE));
    const first = round % ROUNDS_OF_ONE === 0;
    if (first) {
      await peer.add(gun);
      await pair.online.ok('init', gun);
    }
    const before = first ? null : await peer.versions(gun);
    await pair.online.ok('addhash', gun, `tag-${String(round)}`, '7', '--sha256', hashOf(round));
    const [request, response] = [`${String(round)}.request.tar`, `${String(round)}.response.tar`].map(
      pair.on,
    ) as [string, string];
    const run = async (verb: Verb, command: Killable, check: () => Promise<void>): Promise<string> => {
      const left = total - counts.export - counts.sign - counts.publish;
      const { kills, outcome, took, stdout } = await survive(
        command,
        Math.min(KILLS, left),
        usual[verb],
        check,
      );
      counts[verb] += kills;
      if (outcome === 'replay') counts.replay++;
      else usual[verb] = Math.max(usual[verb] * 0.9, took);
      return stdout;
    };
    await run('export', { station: pair.online, env: {}, args: ['export', '-o', request] }, intact);
    const { digest } = await pair.online.ok<{ digest: string }>('bundle', 'digest', request);
    const approve = ['--approve', digest, ...(first ? ['--accept', `FIRST-ROOT:${gun}`] : [])];
    const signing = ['sign', request, '-o', response, ...secrets, ...approve];
    await run('sign', { station: pair.offline, env: offlineEnv, args: signing }, intact);
    const publishing = ['publish', response, ...passphrase];
    await run('publish', { station: pair.online, env: {}, args: publishing }, async () => {
      await intact();
      await peer.intact(gun);
    });
    await checkRound(pair, gun, before, await peer.versions(gun), round);
  }
  for (const station of [pair.online, pair.offline]) await station.ok('log', 'verify');
  const requests = await pair.online.ok<object>('requests');
  expect(JSON.stringify(requests)).not.toMatch(/"(?:exported|posting|conflict|abandoned)"/);
  return counts;
}

/** One round without kills says how long each command takes here. */
async function usualDurations(pair: TestStations, peer: Peer): Promise<Record<Verb, number>> {
  const gun = peer.name(-1);
  await peer.add(gun);
  await pair.online.ok('init', gun);
  await pair.online.ok('addhash', gun, 'unkilled', '7', '--sha256', hashOf(0));
  const [a, b] = ['first.request.tar', 'first.response.tar'];
  const times = [performance.now()];
  await exportAll(pair, a);
  times.push(performance.now());
  await signAll(pair, a, b);
  times.push(performance.now());
  await publish(pair, b);
  times.push(performance.now());
  const [t0, t1, t2, t3] = times as [number, number, number, number];
  // review ran as well, and took about half
  return { export: t1 - t0, sign: (t2 - t1) / 2, publish: t3 - t2 };
}

/** Published once, with every staged change once, and no remains that look like results. */
async function checkRound(
  pair: TestStations,
  gun: string,
  before: Versions | null,
  after: Versions,
  round: number,
): Promise<void> {
  const where = `${gun} round ${String(round)}`;
  const next = (role: 'targets' | 'snapshot' | 'timestamp'): number => (before?.[role] ?? 0) + 1;
  expect(after, where).toEqual({
    root: 1,
    targets: next('targets'),
    snapshot: next('snapshot'),
    timestamp: next('timestamp'),
    names: [...(before?.names ?? []), `tag-${String(round)}`].sort(),
  });
  const staged = await pair.online.ok<object>('status', gun);
  expect(JSON.stringify(staged), where).not.toContain(`tag-${String(round)}`);
  expect(
    readdirSync(pair.stick).filter((name) => name.endsWith('.part')),
    where,
  ).toEqual([]);
  for (const { home } of [pair.online, pair.offline])
    expect(existsSync(join(home, 'ledger.jsonl')), where).toBe(true);
  for (const station of [pair.online, pair.offline]) await station.ok('log', 'verify');
}
