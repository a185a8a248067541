import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import type { RequestManifest } from '../../src/bundle/manifest.ts';
import { canonicalBytes } from '../../src/encoding/canonical-json.ts';
import type { JsonObject } from '../../src/encoding/json.ts';
import { formatTime } from '../../src/encoding/time.ts';
import { buildRequest } from '../../src/exchange/request.ts';
import type { PublicKey } from '../../src/metadata/key.ts';
import type { Quorum } from '../../src/metadata/dialect.ts';
import { notary } from '../../src/metadata/notary/dialect.ts';
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

function file(key: TestKey, id: string, signed: JsonObject): Uint8Array {
  const payload = canonicalBytes(signed);
  return notary.write(payload, [notary.signature(id, key.public, key.sign('ecdsa-sha256', payload))], {});
}

function idOf(role: string, value: Uint8Array, gun: string): string {
  return notary.readKey(role, value, context(gun)).id;
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
  gun: string,
  targets: PublicKey,
  signed: Uint8Array,
  versions = 1,
): RepositoryFiles {
  const maker = notary.certificates;
  if (!maker) throw new Error('no certificates');
  const content = {
    repository: gun,
    key: by.root.public,
    issuer: by.root.public,
    serial: randomBytes(16),
    notBefore: now() - DAY,
    notAfter: now() + 3_650 * DAY,
  };
  const message = maker.message(content);
  const certificate = maker.value(content, message, by.root.sign('ecdsa-sha256', message));
  const online = notary.keyValue(by.online.public);
  const expires = formatTime(now() + 1_000 * DAY);
  const roots = Array.from({ length: versions }, (_, at) =>
    file(
      by.root,
      idOf('root', certificate, gun),
      notary.withQuorums(
        notary.newRoot(),
        new Map([
          ['root', quorumOf('root', certificate, gun)],
          ['targets', quorumOf('targets', notary.keyValue(targets), gun)],
          ['snapshot', quorumOf('snapshot', online, gun)],
          ['timestamp', quorumOf('timestamp', online, gun)],
        ]),
        at + 1,
        expires,
      ),
    ),
  );
  const onlineId = idOf('snapshot', online, gun);
  const listed = new Map([
    ['root', notary.parse('root', roots.at(-1) as Uint8Array)],
    ['targets', notary.parse('targets', signed)],
  ]);
  const snapshot = file(by.online, onlineId, notary.newSnapshot(null, listed, 1, expires));
  const above = notary.newTimestamp(null, notary.parse('snapshot', snapshot), 1, expires);
  const timestamp = file(by.online, onlineId, above);
  return { roots, snapshot, timestamp, targets: new Map([['targets', signed]]) };
}

function quorumOf(role: string, value: Uint8Array, gun: string): Quorum {
  return { threshold: 1, keys: [{ id: idOf(role, value, gun), value, open: false, canonicalId: null }] };
}

/** A targets file that the attacker signed. */
export function ownTargets(by: Counterfeiter, gun: string): { key: PublicKey; file: Uint8Array } {
  const key = testKey('ecdsa-p256');
  const signed = notary.withTargets(notary.newTargets(), new Map(), 1, formatTime(now() + 900 * DAY));
  return { key: key.public, file: file(key, idOf('targets', notary.keyValue(key.public), gun), signed) };
}

/** A request over such a repository for one more target, sealed with the online half's real key; its path. */
export function requestFor(app: Scene, gun: string, files: RepositoryFiles, sequence: number): string {
  const base = verifyRepository(notary, files, null, context(gun));
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
        dialect: notary,
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
        roles: [{ role: 'targets', version, expires: formatTime(now() + 900 * DAY) }],
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
