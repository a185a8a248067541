import { createHash, createPublicKey, verify, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalize } from '@tufjs/canonical-json';
import { Metadata, MetadataKind } from '@tufjs/models';

/** How a client reads the roles of a change and what leads to them. */
export type Reader = 'parts' | 'models';

/** What reading took. */
export interface Reading {
  readonly milliseconds: number;
  /** Peak memory of the process in MiB. */
  readonly memory: number;
}

/** Reads and verifies `root`, `snapshot`, `targets` and these delegated roles of a folder. */
export function read(reader: Reader, folder: string, roles: readonly string[]): Reading {
  const fileOf = (role: string): Buffer => readFileSync(join(folder, 'metadata', `1.${role}.json`));
  const start = performance.now();
  if (reader === 'parts') byParts(fileOf, roles);
  else byModels(fileOf, roles);
  return { milliseconds: performance.now() - start, memory: process.resourceUsage().maxRSS / 1024 };
}

interface Quorum {
  readonly name: string;
  readonly keyids: readonly [string];
}
type Keys = Readonly<Record<string, { readonly keyval: { readonly public: string } }>>;
interface Envelope {
  readonly signed: {
    readonly keys: Keys;
    readonly roles: Readonly<Record<string, Quorum>>;
    readonly delegations?: { readonly keys: Keys; readonly roles: readonly Quorum[] };
  };
  readonly signatures: readonly [{ readonly sig: string }];
}

/** What no client gets around: SHA-256 of the file, JSON.parse, tuf-js's canonical form, one Ed25519 verification. */
function byParts(fileOf: (role: string) => Buffer, roles: readonly string[]): void {
  const verified = (role: string, keyOf: (signed: Envelope['signed']) => KeyObject): Envelope['signed'] => {
    const file = fileOf(role);
    createHash('sha256').update(file).digest();
    const { signed, signatures } = JSON.parse(file.toString('utf8')) as Envelope;
    const payload = Buffer.from(canonicalize(signed));
    if (!verify(null, payload, keyOf(signed), Buffer.from(signatures[0].sig, 'hex')))
      throw new Error(`the signature of ${role} is not good`);
    return signed;
  };
  const root = verified('root', ({ keys, roles: { root: quorum } }) => keyIn(keys, quorum));
  verified('snapshot', () => keyIn(root.keys, root.roles['snapshot']));
  const { delegations } = verified('targets', () => keyIn(root.keys, root.roles['targets']));
  const quorums = new Map(delegations?.roles.map((quorum) => [quorum.name, quorum]));
  for (const role of roles) verified(role, () => keyIn(delegations?.keys ?? {}, quorums.get(role)));
}

function keyIn(keys: Keys, quorum: Quorum | undefined): KeyObject {
  const x = Buffer.from(keys[quorum?.keyids[0] ?? '']?.keyval.public ?? '', 'hex').toString('base64url');
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
}

function byModels(fileOf: (role: string) => Buffer, roles: readonly string[]): void {
  const json = (role: string): never => JSON.parse(fileOf(role).toString('utf8')) as never;
  const root = Metadata.fromJSON(MetadataKind.Root, json('root'));
  root.verifyDelegate('root', root);
  root.verifyDelegate('snapshot', Metadata.fromJSON(MetadataKind.Snapshot, json('snapshot')));
  const targets = Metadata.fromJSON(MetadataKind.Targets, json('targets'));
  root.verifyDelegate('targets', targets);
  for (const role of roles) targets.verifyDelegate(role, Metadata.fromJSON(MetadataKind.Targets, json(role)));
}
