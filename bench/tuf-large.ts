import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runOk, scratchFolder } from '../test/peers/process.ts';
import { stations } from '../test/peers/stations.ts';
import { changeList, importKey, largeRepository } from '../test/tuf/large-repository.ts';
import { count, median, option, round, step, type Step } from './measuring/steps.ts';
import { show, type Row } from './measuring/table.ts';
import { read, type Reader, type Reading } from './measuring/tuf-reading.ts';

/**
 * A change of 100 targets in a large TUF repository, with all targets in one role, and in hash bins: each step against
 * reading and verifying the very files that the request builds on, with the parts of tuf-js, in fresh processes whose
 * own start is not counted. Nothing is subtracted from ours. Of the bins only those that are touched may travel.
 * `tuf-large [--json] [--profile DIR] [--targets N] [--binned N] [--bins N] [--models N]`
 */
const TARGETS = count('--targets', 100_000);
const BINNED = count('--binned', 1_000_000);
const BINS = count('--bins', 4_096);
/** @tufjs/models copies all entries for each that it adds: more than these in one role it is not asked to read. */
const MODELS = count('--models', 5_000);
const TOUCHED = 100;
const REPEATED = 5;
const PATIENCE = 600_000;
const NAME = 'bench';

async function inFreshProcess(reader: Reader, folder: string, roles: readonly string[]): Promise<Reading> {
  const list = join(scratchFolder('roles'), 'roles');
  writeFileSync(list, roles.join(' '));
  const words = ['--read', reader, '--folder', folder, '--roles', list];
  const { stdout } = await runOk(process.execPath, [process.argv[1]!, ...words], { timeout: PATIENCE });
  return JSON.parse(stdout) as Reading;
}

/** The median of several, each in a process of its own. */
async function reference(folder: string, roles: readonly string[]): Promise<Reading> {
  const readings: Reading[] = [];
  while (readings.length < REPEATED) readings.push(await inFreshProcess('parts', folder, roles));
  return {
    milliseconds: median(readings.map(({ milliseconds }) => milliseconds)),
    memory: median(readings.map(({ memory }) => memory)),
  };
}

interface Inspected {
  readonly manifest: { readonly repositories: readonly { readonly base: readonly { role: string }[] }[] };
}

async function measure(title: string, targets: number, bins: number): Promise<{ rows: Row[]; note: string }> {
  const made = largeRepository(targets, bins);
  const pair = await stations({ rootKey: false });
  const { online, offline, passphraseFile } = pair;
  await importKey(online, 'snapshot', made, passphraseFile);
  await importKey(online, 'timestamp', made, passphraseFile);
  await importKey(offline, bins > 0 ? 'delegation' : 'targets', made, passphraseFile);
  await online.ok('repository', 'add', NAME, '--dialect', 'tuf', '--directory', made.folder);
  const added = await step(online, 'add', NAME, '--from', changeList(targets, TOUCHED));
  const touched = new Set((added.json as { added: { role: string }[] }).added.map(({ role }) => role));
  const steps: Step[] = [added, ...(await round(pair, title))];
  const { manifest } = await online.ok<Inspected>('bundle', 'inspect', pair.on(`${title}.request.tar`));
  const travelled = new Set(manifest.repositories[0]?.base.map(({ role }) => role));
  const expected = new Set(['root', 'snapshot', 'targets', 'timestamp', ...touched]);
  if (travelled.size !== expected.size || [...expected].some((role) => !travelled.has(role)))
    throw new Error(`${String(travelled.size)} files travel, not ${String(expected.size)}`);
  const delegated = [...touched].filter((role) => role !== 'targets');
  const other = await reference(made.folder, delegated);
  const rows = steps.map(({ command, milliseconds, memory }) => ({
    what: `${title}: ${command}`,
    ours: milliseconds,
    other: other.milliseconds,
    value: milliseconds / other.milliseconds,
    unit: 'x' as const,
    memory,
  }));
  const few = bins === 0 && targets > MODELS;
  const models = few
    ? await inFreshProcess('models', largeRepository(MODELS, 0).folder, [])
    : await inFreshProcess('models', made.folder, delegated);
  return {
    rows,
    note: `${title}: ${String(travelled.size)} files travel; the parts of tuf-js take ${memoryOf(other)}; @tufjs/models reads ${few ? `${String(MODELS)} targets in one role` : 'the same'} in ${(models.milliseconds / 1000).toFixed(2)} s and ${memoryOf(models)}`,
  };
}

function memoryOf({ memory }: Reading): string {
  return `${String(Math.round(memory))} MiB`;
}

const reader = option('--read');
if (reader !== null) {
  const roles = readFileSync(option('--roles')!, 'utf8').split(' ').filter(Boolean);
  process.stdout.write(JSON.stringify(read(reader as Reader, option('--folder')!, roles)));
} else {
  const measured = [await measure('one role', TARGETS, 0), await measure('bins', BINNED, BINS)];
  show({
    title: `${String(TOUCHED)} targets changed: of ${String(TARGETS)} in one role, of ${String(BINNED)} in ${String(BINS)} bins`,
    other: 'parse, canonical form, verify',
    rows: measured.flatMap(({ rows }) => rows),
    notes: measured.map(({ note }) => note),
  });
}
