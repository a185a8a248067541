import { createHash, X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { canonicalText } from '../../src/encoding/canonical-json.ts';
import { refusalOf, type Refusal } from '../attacks/refusal.ts';
import { dockerClient, type DockerClient, type DockerTrust } from '../peers/docker-client.ts';
import { addedLines, homeState } from '../peers/forge.ts';
import type { NotaryServerPeer } from '../peers/notary-server.ts';
import { runOk, scratchFolder } from '../peers/process.ts';
import { hashOf, roundTrip, stations, type TestStation, type TestStations } from '../peers/stations.ts';
import { stockNotary, type StockNotary } from '../peers/stock-notary.ts';

interface Listed {
  readonly name: string;
  readonly sha256: string;
  readonly length: number;
  readonly role: string;
}

/** A published repository, the stations that look after it, and stock clients that watch it. */
export interface Estate extends TestStations {
  readonly gun: string;
  readonly server: NotaryServerPeer;
  /** The stock client that keeps its cache. */
  readonly kept: StockNotary;
  readonly docker: DockerClient;
  /** Runs a staging command; gives its JSON. */
  stage(...args: string[]): Promise<Staged>;
  /** Export, review, sign, publish; then every client must agree. Gives what review said. */
  step(name: string, ...flags: string[]): Promise<Agreed>;
  /** Every client reads the same: ours, a stock one with a cache, a fresh one, and docker's. */
  agree(): Promise<Agreed>;
}

export interface Staged {
  readonly changes: readonly Record<string, unknown>[];
  readonly notes: readonly string[];
  readonly staged: number;
}

/** What all clients agree on. */
export interface Agreed {
  /** `name role`, in order. */
  readonly targets: readonly string[];
  /** Version of each role. */
  readonly versions: Readonly<Record<string, number>>;
  readonly trust: DockerTrust;
}

/** A repository with the tags v1 and v2, published; keys in key files, unless a token is given. */
export async function estate(
  server: NotaryServerPeer,
  name: string,
  options: Parameters<typeof stations>[0] = {},
): Promise<Estate> {
  const made = await stations(options);
  const gun = `${server.host}/${name}`;
  const kept = stockNotary(server);
  const docker = dockerClient(server);
  const scene: Estate = {
    ...made,
    ...{ gun, server, kept, docker },
    stage: (...args) => made.online.ok<Staged>(...args),
    async step(step, ...flags) {
      await roundTrip(made, step, ...flags);
      return scene.agree();
    },
    agree: () => agreed(scene),
  };
  await made.online.ok('repository', 'add', gun, '--server', server.url, '--ca', server.ca);
  await made.online.ok('init', gun);
  for (const [at, tag] of ['v1', 'v2'].entries())
    await made.online.ok('addhash', gun, tag, String(100 + at), '--sha256', hashOf(at + 1));
  await roundTrip(made, 'first');
  return scene;
}

/** Who watches a repository. */
export type Watchers = Pick<Estate, 'online' | 'gun' | 'server' | 'kept' | 'docker'>;

/** Every client reads the same: ours, a stock one with a cache, a fresh one, and docker's. */
export async function agreed({ online, gun, server, kept, docker }: Watchers): Promise<Agreed> {
  const [ours, inspected, cached, fresh, trust] = await Promise.all([
    online.ok<{
      targets: { name: string; role: string; length: number; hashes: { sha256: string } }[];
      roles: { role: string; version: number }[];
    }>('list', gun),
    online.ok('inspect', gun),
    kept.list(gun),
    stockNotary(server).list(gun),
    docker.inspect(gun),
  ]);
  const targets = ours.targets
    .map(({ name, role, length, hashes: { sha256 } }) => ({ name, sha256, length, role }))
    .sort(byName);
  expect([cached.sort(byName), fresh.sort(byName)]).toEqual([targets, targets]);
  expect(inspected).toEqual([trust]);
  return {
    targets: targets.map(({ name, role }) => `${name} ${role}`),
    versions: Object.fromEntries(ours.roles.map(({ role, version }) => [role, version])),
    trust: trust as DockerTrust,
  };
}

function byName(a: Listed, b: Listed): number {
  return a.name < b.name ? -1 : 1;
}

/**
 * Runs a staging command that must be refused by this check, with exit code 3 (or another), and must leave the home
 * as it was (R17).
 */
export async function expectUnstaged(
  { online }: TestStations,
  args: readonly string[],
  check: string,
  exit = 3,
): Promise<Refusal> {
  const before = homeState(online.home);
  const finished = await online.run([...args, '--json']);
  const refusal = refusalOf(finished);
  expect([refusal.check, finished.code], finished.stdout).toEqual([check, exit]);
  expect(addedLines(before, online.home)).toEqual([]);
  return refusal;
}

/** Gives the online station the other's card anew, with the signing keys that it holds by now. */
export async function renewCard(app: TestStations): Promise<void> {
  const file = app.on(`${String(Math.random()).slice(2)}.card`);
  const { digest } = await app.offline.ok<{ digest: string }>('station', 'card', '-o', file, ...app.secrets);
  await app.online.ok('station', 'pair', file, '--approve', digest);
}

/** A new key file of a station; its ID, and a file with its public part. */
export async function stationKey(
  { passphraseFile, dialect }: TestStations,
  station: TestStation,
  role: string,
  ...flags: string[]
): Promise<{ readonly id: string; readonly file: string }> {
  const place = ['--dialect', dialect, '--keyfile', '--passphrase-file', passphraseFile];
  const { id } = await station.ok<{ id: string }>('key', 'generate', role, ...place, ...flags);
  const file = join(scratchFolder('public'), 'key.pem');
  await station.ok('key', 'export', id, '-o', file);
  return { id, file };
}

/** Somebody who signs delegations with the stock client. */
export interface Delegate {
  /** Canonical ID of the key. */
  readonly id: string;
  readonly certificate: string;
  readonly publicKey: string;
  /** Signs a target made of one number into roles, with the stock client. */
  sign(gun: string, name: string, number: number, ...roles: string[]): Promise<void>;
  readonly stock: StockNotary;
}

/** A delegate with a fresh key and a certificate over it. */
export async function delegate(server: NotaryServerPeer, kind: 'ec' | 'rsa' = 'ec'): Promise<Delegate> {
  const folder = scratchFolder('delegate');
  const file = (name: string): string => join(folder, name);
  const options = kind === 'ec' ? ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'] : ['rsa:2048'];
  await runOk('openssl', [
    ...['req', '-x509', '-newkey', ...options, '-nodes', '-days', '30', '-subj', '/CN=delegate'],
    ...['-keyout', file('key.pem'), '-out', file('certificate.pem')],
  ]);
  await runOk('openssl', ['pkey', '-in', file('key.pem'), '-pubout', '-out', file('public.pem')]);
  writeFileSync(file('key.pem'), readFileSync(file('key.pem')), { mode: 0o600 });
  const stock = stockNotary(server);
  const imported = await stock.run(['key', 'import', file('key.pem'), '-r', 'delegate']);
  expect(imported.code, imported.stderr).toBe(0);
  const { publicKey } = new X509Certificate(readFileSync(file('certificate.pem')));
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const object = {
    keytype: kind === 'ec' ? 'ecdsa' : 'rsa',
    keyval: { private: null, public: spki.toString('base64') },
  };
  return {
    id: createHash('sha256').update(canonicalText(object)).digest('hex'),
    certificate: file('certificate.pem'),
    publicKey: file('public.pem'),
    stock,
    async sign(gun, name, number, ...roles) {
      await stock.addhash(gun, name, 100 + number, hashOf(number), roles);
      await stock.publish(gun);
    },
  };
}
