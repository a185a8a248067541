import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalBytes } from '../src/encoding/canonical-json.ts';
import type { JsonObject } from '../src/encoding/json.ts';
import { startNotaryServer } from '../test/peers/notary-server.ts';
import { plainRequest } from '../test/peers/https.ts';
import { runOk, scratchFolder } from '../test/peers/process.ts';
import { hashOf, stations, withOnlineKeys } from '../test/peers/stations.ts';
import { count, median, option, round, step, targetList, type Step } from './measuring/steps.ts';
import { show, type Row } from './measuring/table.ts';

/**
 * A large targets file, each step against what nobody gets around: JSON.parse, canonical form and SHA-256 of the
 * file, in a fresh process whose own start is not counted. Nothing is subtracted from ours.
 * `large-targets [--json] [--profile DIR] [--targets N] [--server]` (a notary-server too)
 */
const COUNT = count('--targets', 100_000);
const GOAL = 3;

/** Milliseconds, the median of several in this process. */
function reference(file: string): number {
  return median(
    Array.from({ length: 7 }, () => {
      const start = performance.now();
      const { signed } = JSON.parse(readFileSync(file, 'utf8')) as { signed: JsonObject };
      createHash('sha256').update(canonicalBytes(signed)).digest('hex');
      return performance.now() - start;
    }),
  );
}

async function inFreshProcess(file: string): Promise<number> {
  const { stdout } = await runOk(process.execPath, [process.argv[1]!, '--reference', file]);
  return Number(stdout);
}

async function bench(): Promise<void> {
  const pair = await stations();
  await withOnlineKeys(pair);
  const list = targetList(COUNT, (at) => ({ name: `release-${String(at)}`, length: at }));
  const rows: Row[] = [];
  const notes: string[] = [];

  const run = async (name: string, stage: readonly string[], file: () => Promise<string>): Promise<void> => {
    const steps: Step[] = [await step(pair.online, ...stage), ...(await round(pair, name))];
    const other = await inFreshProcess(await file());
    for (const { command, milliseconds, memory } of steps)
      rows.push({
        what: `${name}: ${command}`,
        ours: milliseconds,
        other,
        value: milliseconds / other,
        unit: 'x',
        memory,
        ...(command.startsWith('add') ? {} : { atMost: GOAL }),
      });
  };

  const folder = scratchFolder('published');
  const gun = 'registry.example.com/bench/targets';
  await pair.online.ok('repository', 'add', gun, '--directory', folder);
  await pair.online.ok('init', gun);
  const published = join(folder, 'v2', gun, '_trust', 'tuf', 'targets.json');
  const inFolder = (): Promise<string> => Promise.resolve(published);
  await run('new', ['add', gun, '--from', list], inFolder);
  await run('changed', ['addhash', gun, 'release-500', '7', '--sha256', hashOf(7)], inFolder);
  notes.push(`targets.json has ${String(readFileSync(published).length)} bytes`);

  if (process.argv.includes('--server')) {
    const server = await startNotaryServer();
    try {
      const served = `${server.host}/bench/targets`;
      const file = join(scratchFolder('served'), 'targets.json');
      const url = `${server.url}/v2/${served}/_trust/tuf/targets.json`;
      const fetched = async (): Promise<string> => {
        writeFileSync(file, (await plainRequest(url, { caPem: server.caPem })).body);
        return file;
      };
      await pair.online.ok('repository', 'add', served, '--server', server.url, '--ca', server.ca);
      await pair.online.ok('init', served);
      await run('server, new', ['add', served, '--from', list], fetched);
      await run('server, changed', ['addhash', served, 'release-500', '7', '--sha256', hashOf(7)], fetched);
    } finally {
      await server.stop();
    }
  }
  show({
    title: `a targets file of ${String(COUNT)} entries, in a folder and key files`,
    other: 'parse, canonical form, SHA-256',
    rows,
    notes,
  });
}

const file = option('--reference');
if (file === null) await bench();
else process.stdout.write(String(reference(file)));
