import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { scratchFolder } from '../../test/peers/process.ts';
import { hashOf, type TestStation, type TestStations } from '../../test/peers/stations.ts';

/** A run of the program that succeeded. */
export interface Step {
  readonly command: string;
  /** Wall time from start to end of the process, its start-up included. */
  readonly milliseconds: number;
  /** Peak memory in MiB and processor time in milliseconds, children included, where time(1) is installed. */
  readonly memory: number | null;
  readonly processor: number | null;
  readonly json: Record<string, unknown>;
}

const TIME = '/usr/bin/time';
const PATIENCE = 1_200_000;
let profiles = 0;

/** Runs a command under the clock; with `--profile DIR` each run leaves a CPU profile in a folder there. */
export async function step(station: TestStation, ...args: string[]): Promise<Step> {
  const report = join(scratchFolder('time'), 'report');
  const profile = option('--profile');
  const under = [
    ...(existsSync(TIME) ? [TIME, '-f', '%M %U %S', '-o', report] : []),
    ...(profile === null
      ? []
      : [process.execPath, '--cpu-prof', `--cpu-prof-dir=${profile}/${String(++profiles)}-${args[0]!}`]),
  ];
  const start = performance.now();
  const finished = await station.run([...args, '--json'], { under, timeout: PATIENCE });
  const milliseconds = performance.now() - start;
  if (finished.code !== 0)
    throw new Error(`${args.slice(0, 3).join(' ')}: ${finished.stdout}${finished.stderr}`);
  const [kilobytes, user, system] = existsSync(report)
    ? readFileSync(report, 'utf8').split(' ').map(Number)
    : [];
  return {
    command: args[0]!,
    milliseconds,
    memory: kilobytes === undefined ? null : kilobytes / 1024,
    processor: user === undefined || system === undefined ? null : (user + system) * 1000,
    json: finished.json() as Record<string, unknown>,
  };
}

/** Export, review, sign and publish of everything that is staged, each under the clock. */
export async function round(pair: TestStations, name: string): Promise<Step[]> {
  const { online, offline, secrets, passphraseFile } = pair;
  const [request, response] = [pair.on(`${name}.request.tar`), pair.on(`${name}.response.tar`)];
  const exported = await step(online, 'export', '-o', request);
  const reviewed = await step(offline, 'review', request);
  const { digest, anomalies } = reviewed.json as {
    digest: string;
    anomalies: { id: string; typed: boolean }[];
  };
  const accept = anomalies.filter(({ typed }) => typed).flatMap(({ id }) => ['--accept', id]);
  const signed = await step(
    offline,
    ...['sign', request, '-o', response, ...secrets, '--approve', digest, ...accept],
  );
  const published = await step(online, 'publish', response, '--passphrase-file', passphraseFile);
  return [exported, reviewed, signed, published];
}

/** A list for `add --from`: targets of one repository, or of several where a line names one. */
export function targetList(
  count: number,
  of: (at: number) => { readonly repository?: string; readonly name: string; readonly length: number },
): string {
  const targets = Array.from({ length: count }, (_, at) => of(at));
  const several = targets[0]?.repository !== undefined;
  const lines = targets.map(({ repository, name, length }, at) =>
    [...(several ? [repository] : []), name, length, hashOf(at + 1)].join(','),
  );
  const file = join(scratchFolder('list'), 'targets.csv');
  writeFileSync(file, [`${several ? 'repository,' : ''}name,length,sha256`, ...lines, ''].join('\n'));
  return file;
}

/** All but review, which a script runs for the IDs that it accepts; an officer reads the same in sign. */
export function withoutReview(steps: readonly Step[]): Step[] {
  return steps.filter(({ command }) => command !== 'review');
}

export function total(steps: readonly Step[]): number {
  return steps.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
}

/** The steps on one line: durations, and what of them was processor time. */
export function listed(steps: readonly Step[]): string {
  return steps
    .map(({ command, milliseconds, processor }) => {
      const own = processor === null ? '' : ` (${(processor / 1000).toFixed(2)} s)`;
      return `${command} ${(milliseconds / 1000).toFixed(2)} s${own}`;
    })
    .join(', ');
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

/** The word after a flag of the benchmark's command line. */
export function option(flag: string): string | null {
  const at = process.argv.indexOf(flag);
  return at < 0 ? null : (process.argv[at + 1] ?? null);
}

/** The number after a flag, or what is measured for the record. */
export function count(flag: string, usual: number): number {
  return Number(option(flag) ?? usual);
}
