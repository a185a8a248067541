import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Updater } from 'tuf-js';
import type { NotaryServerPeer } from '../peers/notary-server.ts';
import { runOk, scratchFolder } from '../peers/process.ts';
import { hashOf, publish, signAll, type TestStations } from '../peers/stations.ts';
import { PASSPHRASE, stockNotary, type StockNotary } from '../peers/stock-notary.ts';

/** Three repositories of the stock client, adopted by our stations, and what is needed to convert them. */
export interface OldEstate {
  readonly old: StockNotary;
  readonly guns: { readonly plain: string; readonly local: string; readonly delegated: string };
}

/**
 * What a team has that used the stock client for years: a plain repository, one whose snapshot key is at the client,
 * one with delegations: to alice for all names and for some, and to somebody whose key nobody has any more.
 *
 * @param lost name of that last one's role
 */
export async function oldEstate(
  server: NotaryServerPeer,
  pair: TestStations,
  lost = 'ghost',
): Promise<OldEstate> {
  const old = stockNotary(server);
  const guns = {
    plain: `${server.host}/old/plain`,
    local: `${server.host}/old/local`,
    delegated: `${server.host}/old/delegated`,
  };
  await old.init(guns.plain);
  await old.init(guns.local, { serverSnapshot: false });
  await old.init(guns.delegated);
  const certificate = async (name: string): Promise<string> => {
    const file = join(old.trustDir, `${name}.pem`);
    await runOk('openssl', [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '90'],
      ...['-subj', `/CN=${name}`, '-keyout', join(old.trustDir, `${name}.key`), '-out', file],
    ]);
    return file;
  };
  const [alice, ghost] = [await certificate('alice'), await certificate('ghost')];
  const delegate = (role: string, file: string, ...flags: string[]) =>
    old.run(['delegation', 'add', '-p', guns.delegated, role, file, ...flags]);
  await delegate('targets/releases', alice, '--all-paths');
  await delegate('targets/qa', alice, '--paths', 'qa/,nightly-');
  await delegate(`targets/${lost}`, ghost, '--paths', 'ghost/');
  await old.run(['key', 'import', join(old.trustDir, 'alice.key'), '--role', 'delegation']);
  await old.addhash(guns.plain, 'v1', 10, hashOf(1));
  await old.addhash(guns.plain, 'deep/a/b/c/d/e/f', 11, hashOf(2));
  await old.addhash(guns.local, 'v1', 12, hashOf(3));
  await old.addhash(guns.delegated, 'v1', 13, hashOf(4), ['targets/releases']);
  await old.addhash(guns.delegated, 'stable', 14, hashOf(5));
  await old.addhash(guns.delegated, 'qa/linux/x86', 15, hashOf(6), ['targets/qa']);
  await old.addhash(guns.delegated, 'nightly-1', 16, hashOf(7), ['targets/qa']);
  for (const gun of Object.values(guns)) await old.publish(gun);
  await adopt(server, pair, old, Object.values(guns));
  return { old, guns };
}

async function adopt(
  server: NotaryServerPeer,
  pair: TestStations,
  old: StockNotary,
  guns: readonly string[],
): Promise<void> {
  const { online, offline, on, passphraseFile } = pair;
  for (const gun of guns)
    await online.ok('repository', 'add', gun, '--server', server.url, '--ca', server.ca);
  await online.ok('repository', 'adopt', ...guns, '-o', on('adopt.request.tar'));
  await signAll(pair, 'adopt.request.tar', 'adopt.response.tar');
  await publish(pair, 'adopt.response.tar');
  const imported = join(scratchFolder('secrets'), 'stock');
  writeFileSync(imported, `${PASSPHRASE}\n`, { mode: 0o600 });
  const from = ['--import-passphrase-file', imported, '--passphrase-file', passphraseFile];
  const folder = join(old.trustDir, 'private');
  await offline.ok('key', 'import', folder, ...from);
  await online.ok('key', 'import', folder, ...from);
  const alice = join(old.trustDir, 'alice.key');
  chmodSync(alice, 0o600);
  await offline.ok('key', 'import', alice, '--role', 'targets/releases', ...from);
}

/** What the TUF half of the way needs: keys of the new repositories, and the folders that they live in. */
export async function newHomes(pair: TestStations, names: readonly string[]): Promise<string> {
  const { online, offline, passphraseFile } = pair;
  const secret = ['--keyfile', '--passphrase-file', passphraseFile];
  for (const role of ['snapshot', 'timestamp'])
    await online.ok('key', 'generate', role, '--dialect', 'tuf', '--algorithm', 'ed25519', ...secret);
  const served = scratchFolder('served');
  for (const name of names) {
    await offline.ok('key', 'generate', 'root', '--dialect', 'tuf', '--repository', name, ...secret);
    await online.ok('repository', 'add', name, '--dialect', 'tuf', '--directory', join(served, name));
  }
  return served;
}

/** The offline station's card anew, with the keys that it holds by now. */
export async function renewCard({ online, offline, on, secrets }: TestStations): Promise<void> {
  const file = on('again.card');
  const { digest } = await offline.ok<{ digest: string }>('station', 'card', '-o', file, ...secrets);
  await online.ok('station', 'pair', file, '--approve', digest);
}

/** A plain web server over a folder. */
export async function serve(folder: string): Promise<{ url: string; stop: () => void }> {
  const server = createServer((request, response) => {
    try {
      response.end(readFileSync(join(folder, decodeURIComponent(request.url ?? '/'))));
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${String(port)}`, stop: () => server.close() };
}

/** A tuf-js client that has nothing but the first root: `name` to digest and length, null where there is none. */
export async function seenByTufJs(
  served: string,
  url: string,
  repository: string,
  names: readonly string[],
): Promise<Record<string, string | null>> {
  const metadataDir = join(scratchFolder('tuf-js'), 'metadata');
  mkdirSync(metadataDir, { recursive: true });
  const first = readFileSync(join(served, repository, 'metadata', '1.root.json'));
  writeFileSync(join(metadataDir, 'root.json'), first);
  const base = `${url}/${repository}`;
  const updater = new Updater({
    metadataDir,
    metadataBaseUrl: `${base}/metadata`,
    targetBaseUrl: `${base}/targets`,
  });
  await updater.refresh();
  const seen: Record<string, string | null> = {};
  for (const name of names) {
    const info = await updater.getTargetInfo(name);
    seen[name] = info ? `${info.hashes['sha256'] ?? ''} ${String(info.length)}` : null;
  }
  return seen;
}
