import { createPublicKey, generateKeyPairSync, randomBytes, sign as signWith } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { changedRoles } from '../../src/change/changed-roles.ts';
import type { Change, KeySource } from '../../src/change/change.ts';
import { formatTime } from '../../src/encoding/time.ts';
import { toBase64 } from '../../src/encoding/text.ts';
import { buildRequest, documentOf, type RepositoryPlan } from '../../src/exchange/request.ts';
import type { PublicKey } from '../../src/metadata/key.ts';
import type { Dialect } from '../../src/metadata/dialect.ts';
import { notary } from '../../src/metadata/notary/dialect.ts';
import { publicKeyFromSpki } from '../../src/metadata/public-key.ts';
import type { RepositoryFiles, VerifiedRepository } from '../../src/metadata/verified.ts';
import { planRepository } from '../../src/online/exporting/export-plan.ts';
import { repositoryNamed } from '../../src/online/repositories/repositories.ts';
import { withOnlineStation } from '../../src/online/session.ts';
import { partners } from '../../src/station/cards/pairing.ts';
import { stolenKey, writeForged, type ForgedRequest } from '../peers/forge.ts';
import type { Scene } from './scene.ts';

const DAY = 86_400;
let requests = 0;

/** What the owner of the online half does besides choosing the changes. */
export interface Evil {
  /** Before anything is computed: the files that are passed off as what is published. Nothing checks them. */
  readonly files?: (files: RepositoryFiles, dialect: Dialect) => RepositoryFiles | Promise<RepositoryFiles>;
  /** Before the request is computed: versions, expiries, online keys, holders. */
  readonly plan?: (plan: RepositoryPlan) => RepositoryPlan;
  /** After it: whatever the manifest says. */
  readonly manifest?: (manifest: ForgedRequest) => void;
}

/**
 * A request for any changes at all, on what is published now, computed and sealed by the online half's own code and
 * key: nothing of it is inconsistent unless it is made so.
 */
export async function evilRequest(
  { online, gun, on }: Pick<Scene, 'online' | 'gun' | 'on'>,
  changes: readonly Change[],
  evil: Evil = {},
): Promise<string> {
  const file = on(`evil-${String(++requests)}.tar`);
  await withOnlineStation(online.home, 'export', 'read', async ({ station, stores }) => {
    const entry = repositoryNamed(station.home, gun);
    const offline = partners(station.home).filter(({ side }) => side === 'offline');
    const options = { supersede: null, filler: null };
    const nothing = { restored: [], batch: '', changes: [] };
    const store = stores.open(entry);
    const { plan: honest } = await planRepository(station, store, entry, nothing, offline, options);
    const { dialect } = honest;
    const files = evil.files && (await evil.files(honest.files, dialect));
    const plan = files ? { ...honest, files, base: unverified(dialect, files) } : honest;
    const roles = changedRoles(dialect, plan.base, changes).map((role) => ({
      role,
      version: ((plan.base && documentOf(plan.base, role)?.version) ?? 0) + 1,
      expires: formatTime(station.now + 400 * DAY),
    }));
    const whole = { ...plan, changes, roles, filler: offline[0]?.identity ?? null };
    const { home } = station;
    const head = {
      environment: home.environment,
      id: randomBytes(16).toString('hex'),
      created: formatTime(station.now),
      notAfter: formatTime(station.now + 7 * DAY),
      sequence: home.ledger.head().line + requests,
      from: { name: home.name, key: home.identity },
      to: offline.map(({ name, identity: key }) => ({ name, key, heard: null, head: null })),
    };
    const built = buildRequest(head, [evil.plan?.(whole) ?? whole]);
    const manifest = structuredClone(built.manifest) as ForgedRequest;
    evil.manifest?.(manifest);
    const contents = new Map(
      [...built.contents.files].map(([sha256, bytes]) => [`files/${sha256}`, Buffer.from(bytes)] as const),
    );
    writeFileSync(file, writeForged('request', manifest, contents, stolenKey(home.dir)));
  });
  return file;
}

/** What these files say, whether or not anything of it holds together. */
function unverified(dialect: Dialect, files: RepositoryFiles): VerifiedRepository {
  const roots = files.roots.map((file) => dialect.parse('root', file));
  const targets = new Map([...files.targets].map(([role, file]) => [role, dialect.parse(role, file)]));
  const parents = [...targets.values()].flatMap((parent) =>
    dialect.delegations(parent).map(({ role }) => [role, parent.role] as const),
  );
  const root = roots.at(-1);
  if (!root) throw new Error('no root');
  return {
    ...{ roots, root, targets, parents: new Map(parents), strays: [], broken: [] },
    timestamp: files.timestamp && dialect.parse('timestamp', files.timestamp),
    snapshot: files.snapshot && dialect.parse('snapshot', files.snapshot),
  };
}

/** The only repository of a forged request. */
export function recordOf(manifest: ForgedRequest): ForgedRequest['repositories'][number] {
  const [record] = manifest.repositories;
  if (!record) throw new Error('no repository');
  return record;
}

/** A key that nobody knows. */
export function freshKey(): PublicKey {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return publicKeyFromSpki(publicKey.export({ type: 'spki', format: 'der' }));
}

/** A public key as a change names it. */
export function asSource({ spki }: PublicKey): KeySource {
  return { form: 'public', value: toBase64(spki) };
}

/** A certificate over somebody's key, signed by a key of the attacker: a certificate slot's value. */
export function evilCertificate(key: PublicKey, commonName: string, days = 3_000): Buffer {
  const attacker = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const issuer = publicKeyFromSpki(
    createPublicKey(attacker.privateKey).export({ type: 'spki', format: 'der' }),
  );
  const now = Math.floor(Date.now() / 1000);
  const maker = notary.certificates;
  if (!maker) throw new Error('no certificates');
  // Our own code makes no certificate for a pattern: the star is put in afterwards.
  const star = commonName.replace('*', '+');
  const content = {
    ...{ repository: star, key, issuer, serial: randomBytes(16) },
    ...{ notBefore: now - DAY, notAfter: now + days * DAY },
  };
  const made = Buffer.from(maker.message(content)).toString('latin1');
  const message = Buffer.from(made.replaceAll(star, commonName), 'latin1');
  const signature = signWith('sha256', message, { key: attacker.privateKey, dsaEncoding: 'ieee-p1363' });
  return Buffer.from(maker.value(content, message, signature));
}

/** The same certificate as a change names it. */
export function asCertificate(value: Buffer): KeySource {
  const { keyval } = JSON.parse(value.toString()) as { keyval: { public: string } };
  return { form: 'certificate', value: keyval.public };
}
