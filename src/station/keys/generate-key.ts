import { randomBytes } from 'node:crypto';
import { toHex } from '../../encoding/text.ts';
import { refused, usage } from '../../errors.ts';
import type { Algorithm } from '../../metadata/key.ts';
import type { DialectName } from '../../metadata/dialect.ts';
import { dialectOf } from '../../metadata/dialects.ts';
import type { SigningKey } from '../../signer/signer.ts';
import type { Home } from '../home/home.ts';
import { canonicalKeyId } from '../../metadata/station-key-id.ts';
import { foldKeys, keyEvent, keyIntentEvent, type KeyIntent } from './key-registry.ts';
import { checkHeldRole } from './key-roles.ts';
import { Signers, type OpenSigner, type SignerPlace } from './signers.ts';

export interface GenerateOptions {
  readonly role: string;
  readonly algorithm: Algorithm;
  /** Whose rules the key must fit. */
  readonly dialect: DialectName;
  /** Bound to one repository (`dialect:name`), or free until its first signature. */
  readonly repository: string | null;
  readonly label: string;
  readonly place: SignerPlace;
}

/**
 * Generates a signing key: intent with its ID first, so that a rerun after a kill goes on with the key that may
 * be in the token (M21); then the key, pinned in the ledger with its public part, grade and attributes.
 *
 * @throws KEY-ROLE, KEY-LABEL (exit 2), KEY-ALGORITHM, KEY-GRADE (exit 3), TOKEN-*, PIN-* (exit 6)
 */
export async function generateKey(
  home: Home,
  options: GenerateOptions,
  open: OpenSigner,
): Promise<SigningKey> {
  const { role, algorithm, dialect, repository, label, place } = options;
  checkHeldRole(home.side, role, dialect);
  // A role that the dialect cannot serve is refused before a key is made.
  dialectOf(dialect).scheme(algorithm, role);
  const registry = foldKeys(home.ledger.lines());
  const started = registry.open.get(label);
  if (!started && registry.labels.has(label))
    throw usage('KEY-LABEL', 'a key with this label exists', {
      found: label,
      hint: 'key list shows it; choose another with --label',
    });
  if (started && (started.algorithm !== algorithm || started.role !== role))
    throw refused('KEY-LABEL', 'a key with this label was begun with other properties', {
      expected: `${started.role} ${started.algorithm}`,
      found: `${role} ${algorithm}`,
      hint: 'repeat the command as it was, or choose another label with --label',
    });
  const intent: KeyIntent = started ?? {
    id: toHex(randomBytes(16)),
    label,
    algorithm,
    role,
    repository,
    where: place.kind === 'keyfile' ? 'keyfile' : place.serial,
  };
  const signers = new Signers(open);
  try {
    await signers.prepare([place]);
    if (!started) home.ledger.append([keyIntentEvent(intent)]);
    const [key] = await signers.generate(place, [{ algorithm, label, id: intent.id, role }]);
    if (!key) throw new Error('the signer generated no key');
    const id = canonicalKeyId(key.public);
    home.ledger.append([keyEvent(id, key, intent)]);
    return {
      id,
      public: key.public,
      role,
      repository: intent.repository,
      location: key.location,
      grade: key.grade,
    };
  } finally {
    await signers.close();
  }
}
