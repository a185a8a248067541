import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import {
  Key,
  Metadata,
  MetadataKind,
  MetaFile,
  Root,
  Signature,
  Snapshot,
  TargetFile,
  Targets,
  Timestamp,
} from '@tufjs/models';

/** A key of somebody who signs with other tools than ours. */
export interface ForeignKey {
  readonly id: string;
  readonly key: Key;
  readonly secret: KeyObject;
}

/** A key under an ID as tools chose them over the years. */
export function foreignKey(id: string, algorithm: 'ed25519' | 'ec' = 'ed25519'): ForeignKey {
  const { publicKey, privateKey } =
    algorithm === 'ed25519'
      ? generateKeyPairSync('ed25519')
      : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = publicKey.export({ format: 'der', type: 'spki' });
  const [keyType, scheme] =
    algorithm === 'ed25519' ? ['ed25519', 'ed25519'] : ['ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp256'];
  const keyVal = {
    public:
      algorithm === 'ed25519'
        ? spki.subarray(-32).toString('hex')
        : publicKey.export({ format: 'pem', type: 'spki' }).toString(),
  };
  // What securesystemslib put into key objects before 2023.
  const unrecognizedFields = { keyid_hash_algorithms: ['sha256', 'sha512'] };
  return { id, secret: privateKey, key: new Key({ keyID: id, keyType, scheme, keyVal, unrecognizedFields }) };
}

export function signWith({ id, secret }: ForeignKey, data: Buffer): Signature {
  const algorithm = secret.asymmetricKeyType === 'ed25519' ? null : 'sha256';
  return new Signature({ keyID: id, sig: sign(algorithm, data, secret).toString('hex') });
}

const LATER = '2035-01-01T00:00:00Z';
const PAST = '2021-01-01T00:00:00Z';
const COMMON = { specVersion: '1.0.31', expires: LATER };

/** A repository that @tufjs/models wrote, in `DIR/metadata` and `DIR/targets`, and the keys behind it. */
export interface ForeignRepository {
  readonly dir: string;
  readonly root: (version: number) => string;
  readonly rootKeys: readonly ForeignKey[];
  readonly online: ForeignKey;
}

/**
 * Twelve roots: the first two keys rotate at root 5, the threshold rises to 2 at root 3 and falls at root 9, and every
 * root but the last has expired. Members that the specification does not know stand in root and targets.
 */
export function writeForeign(dir: string): ForeignRepository {
  const metadata = join(dir, 'metadata');
  mkdirSync(join(dir, 'targets'), { recursive: true });
  mkdirSync(metadata, { recursive: true });
  const online = foreignKey('online-2019');
  const old = [foreignKey('alice-2019'), foreignKey('bob-2019', 'ec')];
  const young = [foreignKey('carol-2022'), foreignKey('dave-2022', 'ec')];
  let before: { keys: readonly ForeignKey[]; threshold: number } | null = null;
  for (let version = 1; version <= 12; version++) {
    const keys = version < 5 ? old : young;
    const threshold = version >= 3 && version < 9 ? 2 : 1;
    const roles = {
      root: { keyids: keys.map(({ id }) => id), threshold },
      ...Object.fromEntries(
        ['targets', 'snapshot', 'timestamp'].map((role) => [role, { keyids: [online.id], threshold: 1 }]),
      ),
    };
    const all = [...keys, online];
    const signed = Root.fromJSON({
      _type: 'root',
      spec_version: '1.0.31',
      version,
      expires: version < 12 ? PAST : LATER,
      keys: Object.fromEntries(all.map(({ id, key }) => [id, key.toJSON()])),
      roles,
      consistent_snapshot: true,
      'x-operator': { team: 'release', since: version },
    });
    const envelope = new Metadata(signed);
    const signers = new Set([
      ...(before?.keys.slice(0, before.threshold) ?? []),
      ...keys.slice(0, threshold),
    ]);
    for (const key of signers) envelope.sign((data) => signWith(key, data), true);
    writeFileSync(join(metadata, `${String(version)}.root.json`), JSON.stringify(envelope.toJSON(), null, 1));
    before = { keys, threshold };
  }
  writeOnline(metadata, online, 4);
  return {
    dir,
    root: (version) => join(metadata, `${String(version)}.root.json`),
    rootKeys: young,
    online,
  };
}

/** Targets with a delegation and custom data, snapshot and timestamp, all of one version. */
export function writeOnline(metadata: string, online: ForeignKey, version: number): void {
  const write = (name: string, signed: Targets | Snapshot | Timestamp): Buffer => {
    const envelope = new Metadata<Targets | Snapshot | Timestamp>(signed);
    envelope.sign((data) => signWith(online, data));
    const bytes = Buffer.from(JSON.stringify(envelope.toJSON(), null, 1));
    writeFileSync(join(metadata, name), bytes);
    return bytes;
  };
  const content = Buffer.from('the first release\n');
  const sha256 = createHash('sha256').update(content).digest('hex');
  mkdirSync(join(metadata, '../targets/app'), { recursive: true });
  writeFileSync(join(metadata, `../targets/app/${sha256}.one.bin`), content);
  const one = new TargetFile({
    path: 'app/one.bin',
    length: content.length,
    hashes: { sha256 },
    unrecognizedFields: { custom: { channel: 'stable' } },
  });
  const delegated = {
    name: 'builds',
    keyids: [online.id],
    threshold: 1,
    terminating: false,
    paths: ['builds/*'],
  };
  const v = String(version);
  const targets = Targets.fromJSON({
    _type: 'targets',
    spec_version: '1.0.31',
    expires: LATER,
    version,
    targets: { 'app/one.bin': one.toJSON() },
    delegations: { keys: { [online.id]: online.key.toJSON() }, roles: [delegated] },
    'x-note': 'kept',
  });
  const builds = new Targets({ ...COMMON, version, targets: {} });
  write(`${v}.targets.json`, targets);
  write(`${v}.builds.json`, builds);
  const meta = {
    'targets.json': new MetaFile({ version }),
    'builds.json': new MetaFile({ version }),
  };
  const snapshot = write(`${v}.snapshot.json`, new Snapshot({ ...COMMON, version, meta }));
  const length = snapshot.length;
  write(
    'timestamp.json',
    new Timestamp({ ...COMMON, version, snapshotMeta: new MetaFile({ version, length }) }),
  );
}

/** A signature more on a root, as a tool of others adds it to the file that it was given. */
export function cosign(file: string, key: ForeignKey): void {
  const json = JSON.parse(readFileSync(file, 'utf8')) as never;
  const envelope = Metadata.fromJSON(MetadataKind.Root, json);
  envelope.sign((data) => signWith(key, data), true);
  writeFileSync(file, JSON.stringify(envelope.toJSON(), null, 2));
}

/** A web server over a folder, on loopback; `lie` may answer a path otherwise. */
export async function serve(
  dir: string,
  lie: (path: string) => Buffer | null | undefined = () => undefined,
): Promise<{ url: string; stop: () => Promise<void> }> {
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? '/');
    const told = lie(path);
    const file = join(dir, path);
    const there = existsSync(file) ? readFileSync(file) : null;
    const bytes = told === undefined ? there : told;
    response.writeHead(bytes ? 200 : 404);
    response.end(bytes ?? '');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    url: `http://127.0.0.1:${String(port)}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
      }),
  };
}
