import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { canonicalBytes } from '../../src/encoding/canonical-json.ts';
import type { JsonObject } from '../../src/encoding/json.ts';
import { scratchFolder } from '../peers/process.ts';
import { hashOf, stations, withOnlineKeys, type TestStation } from '../peers/stations.ts';

const COUNT = 100_000;
const PATIENCE = 600_000;
const TIME = '/usr/bin/time';

/** Least milliseconds in which this machine, now, does what nobody gets around: parse, canonical form, SHA-256. */
function reference(file: string): number {
  const runs = Array.from({ length: 5 }, () => {
    const start = performance.now();
    const { signed } = JSON.parse(readFileSync(file, 'utf8')) as { signed: JsonObject };
    createHash('sha256').update(canonicalBytes(signed)).digest('hex');
    return performance.now() - start;
  });
  return Math.min(...runs);
}

interface Measured {
  readonly json: Record<string, unknown>;
  readonly line: string;
  /** Milliseconds. */
  readonly took: number;
}

/** Runs a command that must succeed; duration, and peak memory where time(1) is there. */
async function measured(station: TestStation, args: readonly string[]): Promise<Measured> {
  const report = join(scratchFolder('time'), 'report');
  const under = existsSync(TIME) ? [TIME, '-v', '-o', report] : [];
  const start = performance.now();
  const finished = await station.run([...args, '--json'], { under, timeout: PATIENCE });
  const took = performance.now() - start;
  if (finished.code !== 0) throw new Error(`${args[0] ?? ''}: ${finished.stdout}${finished.stderr}`);
  const kilobytes = existsSync(report)
    ? /Maximum resident set size.*: ([0-9]+)/.exec(readFileSync(report, 'utf8'))
    : null;
  const memory = kilobytes ? `, ${String(Math.round(Number(kilobytes[1]) / 1024))} MiB` : '';
  return {
    json: finished.json() as Record<string, unknown>,
    line: `${args[0] ?? ''} ${String(Math.round(took))} ms${memory}`,
    took,
  };
}

describe('a targets file of a hundred thousand entries', () => {
  test('goes through the loop new and changed; durations against parse, canonical form and SHA-256 of the file', async () => {
    const pair = await stations();
    await withOnlineKeys(pair);
    const folder = scratchFolder('published');
    const gun = 'registry.example.com/bulk/targets';
    const published = join(folder, 'v2', gun, '_trust', 'tuf', 'targets.json');
    await pair.online.ok('repository', 'add', gun, '--directory', folder);
    await pair.online.ok('init', gun);
    const list = join(pair.stick, 'targets.csv');
    const lines = Array.from(
      { length: COUNT },
      (_, at) => `release-${String(at)},${String(at)},${hashOf(at + 1)}`,
    );
    writeFileSync(list, ['name,length,sha256', ...lines, ''].join('\n'));

    const round = async (name: string, stage: readonly string[]): Promise<void> => {
      const [request, response] = [pair.on(`${name}.request.tar`), pair.on(`${name}.response.tar`)];
      const steps = [await measured(pair.online, stage)];
      steps.push(await measured(pair.online, ['export', '-o', request]));
      const review = await measured(pair.offline, ['review', request]);
      steps.push(review);
      const { digest, anomalies } = review.json as {
        digest: string;
        anomalies: { id: string; typed: boolean }[];
      };
      const accept = anomalies.filter(({ typed }) => typed).flatMap(({ id }) => ['--accept', id]);
      const approve = ['--approve', digest, ...accept];
      steps.push(
        await measured(pair.offline, ['sign', request, '-o', response, ...pair.secrets, ...approve]),
      );
      steps.push(
        await measured(pair.online, ['publish', response, '--passphrase-file', pair.passphraseFile]),
      );
      const base = reference(published);
      const shown = steps.map(({ line, took }) => `${line} (${(took / base).toFixed(1)}x)`);
      process.stderr.write(`${name}: reference ${String(Math.round(base))} ms; ${shown.join('; ')}\n`);
    };

    await round('new', ['add', gun, '--from', list]);
    await round('changed', ['addhash', gun, 'release-500', '7', '--sha256', hashOf(7)]);
    const { signed } = JSON.parse(readFileSync(published, 'utf8')) as {
      signed: { version: number; targets: Record<string, { length: number }> };
    };
    expect(signed.version).toBe(2);
    expect(Object.keys(signed.targets)).toHaveLength(COUNT);
    expect(signed.targets['release-500']?.length).toBe(7);
    await pair.offline.ok('log', 'verify');
    await pair.online.ok('log', 'verify');
  }, 1_800_000);
});
