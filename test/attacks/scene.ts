import { cpSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RequestManifest } from '../../src/bundle/manifest.ts';
import type { DialectName } from '../../src/metadata/dialect.ts';
import { scratchFolder } from '../peers/process.ts';
import { run } from '../peers/program.ts';
import {
  exportAll,
  hashOf,
  roundTrip,
  stations,
  withOnlineKeys,
  type TestStation,
  type TestStations,
} from '../peers/stations.ts';
import { forge, stolenKey, type ForgedContents, type ForgedRequest } from '../peers/forge.ts';

/** A pair of stations with a folder repository, and the attacker, who owns the online half. */
export interface Scene extends TestStations {
  readonly gun: string;
  /** Folder of the published files. */
  readonly folder: string;
  /** Stages one target. */
  stage(name: string, number?: number): Promise<void>;
  /** Forges a request with the online half's real transport key; its path on the stick. */
  forged(from: string, attack: (manifest: ForgedRequest, contents: ForgedContents) => void): Promise<string>;
}

let forgeries = 0;

/** Paired stations, a root key, online keys and an empty repository that is known but not made. */
export async function scene(
  gun = 'registry.example.com/attack/app',
  dialect: DialectName = 'notary',
): Promise<Scene> {
  const pair = await stations({ dialect });
  await withOnlineKeys(pair);
  const folder = scratchFolder('published');
  await pair.online.ok('repository', 'add', gun, '--dialect', dialect, '--directory', folder);
  return {
    ...pair,
    gun,
    folder,
    async stage(name, number = 1) {
      await pair.online.ok('addhash', gun, name, '100', '--sha256', hashOf(number));
    },
    async forged(from, attack) {
      const to = pair.on(`forged-${String(++forgeries)}.tar`);
      await forge<RequestManifest>(pair.on(from), to, stolenKey(pair.online.home), attack);
      return to;
    },
  };
}

/** A scene with a published repository at targets version `versions`, and one more request waiting: `next.request.tar`. */
export async function publishedScene(
  versions = 1,
  gun?: string,
  dialect?: DialectName,
): Promise<Scene & { readonly next: string }> {
  const made = await scene(gun, dialect);
  await made.online.ok('init', made.gun);
  for (let version = 1; version <= versions; version++) {
    await made.stage(`v${String(version)}`, version);
    await roundTrip(made, `round-${String(version)}`);
  }
  await made.stage('next', 77);
  return { ...made, next: await exportAll(made, 'next.request.tar') };
}

/** The newest file of a role in the folder of a scene. */
export function publishedFile({ folder, gun, dialect }: Scene, role: string): Buffer {
  if (dialect === 'notary') return readFileSync(join(folder, 'v2', gun, '_trust', 'tuf', `${role}.json`));
  const metadata = join(folder, 'metadata');
  const versions = readdirSync(metadata).map((name) =>
    name.endsWith(`.${role}.json`) ? Number.parseInt(name, 10) : 0,
  );
  return readFileSync(join(metadata, `${String(Math.max(...versions))}.${role}.json`));
}

/** A copy of a station's home, to be restored or run as a clone. */
export function copyOf(home: string): string {
  const copy = join(scratchFolder('copy'), 'home');
  mkdirSync(copy, { mode: 0o700 });
  cpSync(home, copy, { recursive: true, preserveTimestamps: true });
  return copy;
}

/** The station that a home belongs to, however the home came to be there. */
export function stationAt(home: string, name: string): TestStation {
  const at: TestStation = {
    home,
    name,
    run: (args, options = {}) => run(args, { home, ...options }),
    async ok<T>(...args: string[]) {
      const finished = await at.run([...args, '--json']);
      if (finished.code !== 0) throw new Error(`${args.join(' ')}: ${finished.stdout}${finished.stderr}`);
      return finished.json() as T;
    },
  };
  return at;
}

/** The same pair with another offline home in its place. */
export function withOffline<S extends Scene>(made: S, home: string): S {
  return { ...made, offline: stationAt(home, made.offline.name) };
}
