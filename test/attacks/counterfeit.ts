import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { withTargets } from '../peers/signed-content.ts';
import type { RequestManifest } from '../../src/bundle/manifest.ts';
import { canonicalBytes } from '../../src/encoding/canonical-json.ts';
import type { JsonObject } from '../../src/encoding/json.ts';
import { formatTime } from '../../src/encoding/time.ts';
import { buildRequest } from '../../src/exchange/request.ts';
import type { PublicKey } from '../../src/metadata/key.ts';
import type { Dialect, Quorum } from '../../src/metadata/dialect.ts';
import { dialectOf } from '../../src/metadata/dialects.ts';
import { verifyRepository } from '../../src/metadata/repository.ts';
import type { RepositoryFiles } from '../../src/metadata/verified.ts';
import { testKey, type TestKey } from '../metadata/keys.ts';
import { stolenKey, writeForged } from '../peers/forge.ts';
import type { Scene } from './scene.ts';

const DAY = 86_400;
const now = (): number => Math.floor(Date.now() / 1000);
const context = (gun: string): { repository: string; now: number } => ({
  repository: gun,
  now: now() * 1000,
});

/** The attacker's own keys. */
export interface Counterfeiter {
  readonly root: TestKey;
  readonly online: TestKey;
}

export function counterfeiter(): Counterfeiter {
  return { root: testKey('ecdsa-p256'), online: testKey('ecdsa-p256') };
}

/** One repository under attack. */
interface Place {
  readonly dialect: Dialect;
  readonly gun: string;
}

/** The repository of that name, as the stations of a scene know such repositories. */
export function placeIn({ dialect }: Pick<Scene, 'dialect'>, gun: string): Place {
  return { dialect: dialectOf(dialect), gun };
}

function file({ dialect }: Place, role: string, key: TestKey, id: string, signed: JsonObject): Uint8Array {
  const payload = canonicalBytes(signed);
  const raw = key.sign(dialect.scheme(key.public.algorithm, role), payload);
  return dialect.write(payload, [dialect.signature(id, key.public, raw)], {});
}

function idOf({ dialect, gun }: Place, role: string, value: Uint8Array): string {
  return dialect.readKey(role, value, context(gun)).id;
}

/** The attacker's root key as a root lists it: with a certificate where keys have one. */
function rootValue({ dialect, gun }: Place, key: TestKey): Uint8Array {
  const maker = dialect.certificates;
  if (!maker) return dialect.keyValue(key.public);
  const content = {
    repository: gun,
    key: key.public,
    issuer: key.public,
    serial: randomBytes(16),
    notBefore: now() - DAY,
    notAfter: now() + 3_650 * DAY,
  };
  const message = maker.message(content);
  return maker.value(content, message, key.sign(maker.scheme(key.public), message));
}

/**
 * A repository of the attacker's making under any name: everything about it verifies from its own first root.
 *
 * @param targets the targets key that its root names: the attacker's, or anybody's
 * @param signed a targets file that this key signed
 * @param versions how many roots, each over the one before
 */
export function counterfeit(
  by: Counterfeiter,
  place: Place,
  targets: PublicKey,
  signed: Uint8Array,
  versions = 1,
): RepositoryFiles {
  const { dialect } = place;
  const own = rootValue(place, by.root);
  const online = dialect.keyValue(by.online.public);
  const expires = formatTime(now() + 1_000 * DAY);
  const quorums = new Map([
    ['root', quorumOf(place, 'root', own)],
    ['targets', quorumOf(place, 'targets', dialect.keyValue(targets))],
    ['snapshot', quorumOf(place, 'snapshot', online)],
    ['timestamp', quorumOf(place, 'timestamp', online)],
  ]);
  const roots = Array.from({ length: versions }, (_, at) => {
    const root = dialect.withQuorums(dialect.newRoot(), quorums, at + 1, expires);
    return file(place, 'root', by.root, idOf(place, 'root', own), root);
  });
  const onlineId = idOf(place, 'snapshot', online);
  const listed = new Map([['targets', dialect.parse('targets', signed)]]);
  if (dialect.snapshotListsRoot) listed.set('root', dialect.parse('root', roots.at(-1) as Uint8Array));
  const list = dialect.newSnapshot(null, listed, 1, expires);
  const snapshot = file(place, 'snapshot', by.online, onlineId, list);
  const above = dialect.newTimestamp(null, dialect.parse('snapshot', snapshot), 1, expires);
  const timestamp = file(place, 'timestamp', by.online, onlineId, above);
  return { roots, snapshot, timestamp, targets: new Map([['targets', signed]]) };
}

function quorumOf(place: Place, role: string, value: Uint8Array): Quorum {
  return { threshold: 1, keys: [{ id: idOf(place, role, value), value, open: false, canonicalId: null }] };
}

/** A targets file that the attacker signed. */
export function ownTargets(place: Place): { key: PublicKey; file: Uint8Array } {
  const { dialect } = place;
  const key = testKey('ecdsa-p256');
  const signed = withTargets(dialect, dialect.newTargets(), new Map(), 1, formatTime(now() + 400 * DAY));
  const id = idOf(place, 'targets', dialect.keyValue(key.public));
  return { key: key.public, file: file(place, 'targets', key, id, signed) };
}

/** A request over such a repository for one more target, sealed with the online half's real key; its path. */
export function requestFor(app: Scene, gun: string, files: RepositoryFiles, sequence: number): string {
  const { dialect } = placeIn(app, gun);
  const base = verifyRepository(dialect, files, null, context(gun));
  const version = (base.targets.get('targets')?.version ?? 0) + 1;
  const key = stolenKey(app.online.home);
  const { manifest, contents } = buildRequest(
    {
      environment: 'production',
      id: randomBytes(16).toString('hex'),
      created: formatTime(now()),
      notAfter: formatTime(now() + 20 * DAY),
      sequence,
      from: { name: app.online.name, key: key.identity },
      to: [{ name: app.offline.name, key: stolenKey(app.offline.home).identity, heard: null, head: null }],
    },
    [
      {
        dialect,
        context: context(gun),
        files,
        base,
        changes: [
          {
            type: 'add',
            role: 'targets',
            name: 'evil',
            length: 1,
            hashes: { sha256: 'ee'.repeat(32) },
            evidence: null,
          },
        ],
        roles: [{ role: 'targets', version, expires: formatTime(now() + 400 * DAY) }],
        onlineKeys: [],
        evidence: new Map(),
        filler: '',
        holders: new Map(),
        supersedes: [],
      },
    ],
  );
  const named = new Map([...contents.files].map(([name, bytes]) => [`files/${name}`, Buffer.from(bytes)]));
  const path = app.on(`counterfeit-${String(sequence)}.tar`);
  writeFileSync(path, writeForged('request', manifest as unknown as RequestManifest, named, key));
  return path;
}
