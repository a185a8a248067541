import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DialectName } from '../../src/metadata/dialect.ts';
import { run, type Finished, type RunOptions } from './program.ts';
import { scratchFolder } from './process.ts';
import type { TestToken } from './softhsm.ts';

/** Passphrase of every key file in tests. */
const PASSPHRASE = 'a passphrase of the tests';

/** One station of a test, driven through the real program. */
export interface TestStation {
  readonly home: string;
  readonly name: string;
  /** Runs a command; any exit code is an answer. */
  run(args: readonly string[], options?: RunOptions): Promise<Finished>;
  /** Runs a command that must succeed, and gives its JSON. */
  ok<T = Record<string, unknown>>(...args: string[]): Promise<T>;
}

/** An online and an offline station, paired, and the stick between them. */
export interface TestStations {
  readonly online: TestStation;
  readonly offline: TestStation;
  readonly stick: string;
  /** A path on the stick. */
  readonly on: (file: string) => string;
  readonly passphraseFile: string;
  readonly pinFile: string | null;
  /** Flags that give the secrets of the offline half. */
  readonly secrets: readonly string[];
  readonly token: TestToken | null;
  /** What keys are generated for. */
  readonly dialect: DialectName;
}

/** Makes a station. */
export async function station(
  side: 'online' | 'offline',
  name: string,
  env: Readonly<Record<string, string>> = {},
): Promise<TestStation> {
  const home = join(scratchFolder(`home-${name}`), 'home');
  const made: TestStation = {
    home,
    name,
    run: (args, options = {}) => run(args, { home, ...options, env: { ...env, ...options.env } }),
    async ok<T>(...args: string[]) {
      const finished = await made.run([...args, '--json']);
      if (finished.code !== 0)
        throw new Error(
          `${args.join(' ')}: exit ${String(finished.code)}\n${finished.stdout}${finished.stderr}`,
        );
      return finished.json() as T;
    },
  };
  await made.ok('station', 'init', '--side', side, '--name', name);
  return made;
}

/**
 * Pairs two stations, each with the other's card.
 *
 * @param secrets flags that open the keys which a card proves, where a station has such keys already
 */
export async function pair(
  a: TestStation,
  b: TestStation,
  stick: string,
  secrets: readonly string[] = [],
): Promise<void> {
  for (const [from, to] of [
    [a, b],
    [b, a],
  ] as const) {
    const file = join(stick, `${from.name}-for-${to.name}.card`);
    const { digest } = await from.ok<{ digest: string }>('station', 'card', '-o', file, ...secrets);
    await to.ok('station', 'pair', file, '--approve', digest);
  }
}

export interface StationOptions {
  readonly token?: TestToken;
  /** A token that the online station can reach. */
  readonly onlineToken?: TestToken;
  readonly rootKey?: boolean;
  readonly dialect?: DialectName;
}

/** A paired online and offline station; keys in the token where one is given, else in key files. */
export async function stations(options: StationOptions = {}): Promise<TestStations> {
  const { token = null, dialect = 'notary' } = options;
  const stick = scratchFolder('stick');
  const online = await station('online', 'build', options.onlineToken?.env);
  const offline = await station('offline', 'vault', token?.env);
  await pair(online, offline, stick);
  const passphraseFile = join(scratchFolder('secrets'), 'passphrase');
  writeFileSync(passphraseFile, `${PASSPHRASE}\n`, { mode: 0o600 });
  const pinFile = token && join(scratchFolder('secrets'), 'pin');
  if (token && pinFile) {
    writeFileSync(pinFile, `${token.pin}\n`, { mode: 0o600 });
    const { path, parameters } = token.module;
    await offline.ok(
      'token',
      'allow',
      path,
      ...(parameters === undefined ? [] : ['--parameters', parameters]),
    );
  }
  const secrets = pinFile ? ['--pin-file', pinFile] : ['--passphrase-file', passphraseFile];
  if (options.rootKey !== false) {
    const place = token ? ['--token', `${token.uri};object=root`] : ['--keyfile'];
    await offline.ok('key', 'generate', 'root', '--dialect', dialect, ...place, ...secrets);
  }
  const on = (file: string): string => join(stick, file);
  return { online, offline, stick, on, passphraseFile, pinFile, secrets, token, dialect };
}

/** Gives the online station keys for snapshot and timestamp, as folder repositories need them. */
export async function withOnlineKeys({ online, passphraseFile, dialect }: TestStations): Promise<void> {
  const flags = ['--dialect', dialect, '--keyfile', '--passphrase-file', passphraseFile];
  for (const role of ['snapshot', 'timestamp']) await online.ok('key', 'generate', role, ...flags);
}

/** Exports everything that is staged; gives the request's digest. */
export async function exportAll(pairOf: TestStations, file: string): Promise<string> {
  const { request } = await pairOf.online.ok<{ request: string }>('export', '-o', pairOf.on(file));
  return request;
}

/**
 * Signs by script: approves the digest and accepts every anomaly that review lists.
 *
 * @param flags more of sign's
 */
export async function signAll(
  { offline, on, secrets }: TestStations,
  request: string,
  response: string,
  ...flags: string[]
): Promise<Record<string, unknown>> {
  const { digest, anomalies } = await offline.ok<{
    digest: string;
    anomalies: { id: string; typed: boolean }[];
  }>('review', on(request));
  const accept = anomalies.filter(({ typed }) => typed).flatMap(({ id }) => ['--accept', id]);
  return offline.ok(
    ...['sign', on(request), '-o', on(response), ...secrets, '--approve', digest, ...accept, ...flags],
  );
}

/** Publishes a response. */
export function publish(
  { online, on, passphraseFile }: TestStations,
  response: string,
): Promise<Record<string, unknown>> {
  return online.ok('publish', on(response), '--passphrase-file', passphraseFile);
}

/** Export, review, sign (with these flags, besides the secrets), publish of whatever is staged. */
export async function roundTrip(pairOf: TestStations, name: string, ...flags: string[]): Promise<string> {
  const digest = await exportAll(pairOf, `${name}.request.tar`);
  await signAll(pairOf, `${name}.request.tar`, `${name}.response.tar`, ...flags);
  await publish(pairOf, `${name}.response.tar`);
  return digest;
}

/** A 64-digit hash made of one number. */
export function hashOf(number: number): string {
  return number.toString(16).padStart(64, '0');
}
