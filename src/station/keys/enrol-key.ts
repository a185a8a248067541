import { usage } from '../../errors.ts';
import type { DialectName } from '../../metadata/dialect.ts';
import { dialectOf } from '../../metadata/dialects.ts';
import type { OpenToken } from '../../signer/pkcs11/token.ts';
import { parseKeyUri, type TokenUri } from '../../signer/pkcs11/uri.ts';
import type { GeneratedKey, SigningKey } from '../../signer/signer.ts';
import type { Home } from '../home/home.ts';
import { canonicalKeyId } from '../../metadata/station-key-id.ts';
import { foldKeys, keyEvent, type KeyRegistry } from './key-registry.ts';
import { checkHeldRole } from './key-roles.ts';
import { recordingRefusals } from '../ledger/refusals.ts';
import type { SignerPlace } from './signers.ts';
import { tokenPlace } from './token-place.ts';

export interface EnrolOptions {
  /** PKCS#11 URI that names the key by `object`, `id` or both. */
  readonly uri: string;
  readonly role: string;
  /** Whose rules the key must fit. */
  readonly dialect: DialectName;
  /** Bound to one repository (`dialect:name`), or free until its first signature here. */
  readonly repository: string | null;
  /** Label in this station; by default the key's own in the token. */
  readonly label: string | null;
}

export interface EnrolPorts {
  /** Logs in to the token. */
  readonly open: (
    place: SignerPlace & { readonly kind: 'token' },
    pinSource: string | undefined,
  ) => Promise<OpenToken>;
  /** Throws unless the people compared the key's ID. */
  readonly confirm: (key: SigningKey) => Promise<void>;
}

/**
 * Registers a key that is in a token already, as after a machine was replaced (M9): public key read, protection
 * graded by the rules for new keys, one signature made and verified, and its ID compared by people.
 *
 * @throws KEY-ROLE, KEY-KNOWN, KEY-LABEL, TOKEN-URI (exit 2), KEY-ALGORITHM, KEY-GRADE, KEY-PUBLIC, TOKEN-KEY-TWICE
 *   (exit 3), TOKEN-*, PIN-* (exit 6)
 */
export async function enrolKey(home: Home, options: EnrolOptions, ports: EnrolPorts): Promise<SigningKey> {
  return recordingRefusals(
    home,
    () => null,
    () => enrolled(home, options, ports),
  );
}

async function enrolled(home: Home, options: EnrolOptions, ports: EnrolPorts): Promise<SigningKey> {
  const { role, dialect, repository } = options;
  checkHeldRole(home.side, role, dialect);
  const uri = parseKeyUri(options.uri);
  const registry = foldKeys(home.ledger.lines());
  const { place, pinSource } = await tokenPlace(home, options.uri);
  if (place.kind !== 'token') throw new Error('a URI names a token');
  for (const key of registry.keys.values()) if (isAt(key, place.serial, uri)) throw known(key);
  if (options.label !== null) checkLabel(registry, options.label);
  const token = await ports.open(place, pinSource);
  try {
    const found = await token.enrol(uri);
    dialectOf(dialect).scheme(found.public.algorithm, role);
    const id = canonicalKeyId(found.public);
    const same = registry.keys.get(id);
    if (same) throw known(same);
    const label = options.label ?? labelOf(found, id);
    checkLabel(registry, label);
    const { location, grade } = found;
    const key: SigningKey = { id, public: found.public, role, repository, location, grade };
    await ports.confirm(key);
    home.ledger.append([keyEvent(id, found, { label, role, repository }, 'enrolled')]);
    return key;
  } finally {
    await token.close();
  }
}

/** Whether the URI names a key that is registered: seen before a PIN is asked for. */
function isAt({ location }: SigningKey, serial: string, { id, object }: TokenUri): boolean {
  return (
    location.kind === 'token' &&
    location.serial === serial &&
    (id ?? location.id) === location.id &&
    (object ?? location.label) === location.label
  );
}

function known({ id, role }: SigningKey): Error {
  return usage('KEY-KNOWN', 'this station has the key already', {
    found: `${role} ${id}`,
    hint: 'countersign key list shows it',
  });
}

/** A key without a label in its token is called after its ID. */
function labelOf({ location }: GeneratedKey, id: string): string {
  const label = location.kind === 'token' ? location.label : '';
  return label === '' ? `key ${id.slice(0, 16)}` : label;
}

function checkLabel(registry: KeyRegistry, label: string): void {
  if (registry.open.has(label))
    throw usage('KEY-LABEL', 'a key with this label was begun and is not finished', {
      found: label,
      hint: 'run the same key generate again, or give another name with --label',
    });
  if (registry.labels.has(label))
    throw usage('KEY-LABEL', 'a key with this label exists', {
      found: label,
      hint: 'give the key another name in this station with --label',
    });
}
