import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { faulty, type FaultyToken } from '../peers/fault-shim.ts';
import { startNotaryServer, type NotaryServerPeer } from '../peers/notary-server.ts';
import { softHsm } from '../peers/softhsm.ts';
import { hashOf, stations, type TestStations } from '../peers/stations.ts';
import { stockNotary } from '../peers/stock-notary.ts';

/** One request for as many repositories as the contract promises. */
const COUNT = 1_000;
const PATIENCE = { timeout: 1_200_000 };

let server: NotaryServerPeer;
let token: FaultyToken;
let pair: TestStations;
beforeAll(async () => {
  server = await startNotaryServer();
  token = await faulty(await softHsm());
  pair = await stations({ token });
});
afterAll(() => server.stop());

const gun = (at: number): string => `${server.host}/bulk/app-${String(at).padStart(4, '0')}`;
const all = (): string[] => Array.from({ length: COUNT }, (_, at) => gun(at));

const durations: string[] = [];
afterAll(() => {
  process.stderr.write(`${String(COUNT)} repositories: ${durations.join(', ')}\n`);
});

/** Runs a step, prints its duration (not asserted), and gives its output. */
async function timed(
  who: 'online' | 'offline',
  args: readonly string[],
): Promise<{ stdout: string; json: () => unknown }> {
  const start = performance.now();
  const finished = await pair[who].run(args, PATIENCE);
  durations.push(`${args[0] ?? ''} ${((performance.now() - start) / 1000).toFixed(1)} s`);
  if (finished.code !== 0)
    throw new Error(
      `${args.slice(0, 3).join(' ')}: exit ${String(finished.code)}\n${finished.stdout}${finished.stderr}`,
    );
  return finished;
}

describe('one request for a thousand repositories', () => {
  test('M20: staged, exported, reviewed, signed with one login, published; stock clients read them', async () => {
    await timed('online', ['repository', 'add', ...all(), '--server', server.url, '--ca', server.ca]);
    await timed('online', ['init', ...all()]);
    const list = join(pair.stick, 'targets.csv');
    const lines = all().map((name, at) => `${name},v1,${String(100 + at)},${hashOf(at + 1)}`);
    writeFileSync(list, ['repository,name,length,sha256', ...lines, ''].join('\n'));
    await timed('online', ['add', '--from', list]);
    const request = pair.on('bulk.request.tar');
    await timed('online', ['export', '-o', request]);

    const { stdout: shown } = await timed('offline', ['review', request]);
    expect(shown.split('\n').length).toBeLessThan(200);
    expect(shown).toMatch(new RegExp(`${String(COUNT)} repositories get their first root`));
    const last = await pair.offline.run(['review', request, '--page', '100000']);
    expect(last.stdout).toContain(`to ${String(COUNT)}, page`);
    const one = await pair.offline.run(['review', request, '--only', gun(7)]);
    expect(one.stdout).toContain(`${gun(7)}  (notary`);
    expect(one.stdout).not.toContain(`${gun(8)}  (notary`);
    const review = await pair.offline.ok<{ digest: string; anomalies: { id: string; typed: boolean }[] }>(
      'review',
      request,
    );
    const typed = review.anomalies.filter((anomaly) => anomaly.typed).map(({ id }) => id);
    expect(typed).toEqual([expect.stringMatching(new RegExp(`^FIRST-ROOT:${String(COUNT)}:[0-9a-f]{64}$`))]);

    const response = pair.on('bulk.response.tar');
    const logins = token.calls('C_Login');
    const accept = typed.flatMap((id) => ['--accept', id]);
    const signed = await timed('offline', [
      ...['sign', request, '-o', response, ...pair.secrets, '--approve', review.digest, ...accept, '--json'],
    ]);
    expect(token.calls('C_Login') - logins, 'R12: one login for one PIN').toBe(1);
    const { times, signatures } = signed.json() as {
      times: { token: number; secondCheck: number };
      signatures: number;
    };
    durations.push(
      `of it second check ${(times.secondCheck / 1000).toFixed(1)} s, token signatures ${(times.token / 1000).toFixed(1)} s`,
    );
    expect(signatures).toBe(2 * COUNT);

    const published = await timed('online', ['publish', response, '--json']);
    const { repositories } = published.json() as { repositories: { state: string }[] };
    expect(repositories.filter(({ state }) => state === 'published')).toHaveLength(COUNT);
    const stock = stockNotary({ url: server.url, ca: server.ca });
    for (let checked = 0; checked < 5; checked++) {
      const at = Math.floor(Math.random() * COUNT);
      expect(await stock.list(gun(at)), gun(at)).toEqual([
        { name: 'v1', sha256: hashOf(at + 1), length: 100 + at, role: 'targets' },
      ]);
    }
    await pair.offline.ok('log', 'verify');
    await pair.online.ok('log', 'verify');
  }, 2_400_000);
});
