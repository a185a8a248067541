import { randomBytes } from 'node:crypto';
import { toHex } from '../../encoding/text.ts';
import { refused, usage } from '../../errors.ts';
import type { DialectName } from '../../metadata/dialect.ts';
import { dialectOf } from '../../metadata/dialects.ts';
import type { SigningKey } from '../../signer/signer.ts';
import {
  openForeignKeys,
  wipeKeys,
  type OpenedKey,
  type OpenOptions,
  type SkippedKey,
} from './foreign-keys.ts';
import type { Home } from '../home/home.ts';
import { foldKeys, keyEvent, keyIntentEvent, type KeyIntent, type KeyRegistry } from './key-registry.ts';
import { boundTo } from './key-roles.ts';
import { Signers, type OpenSigner, type SignerPlace } from './signers.ts';

export interface ImportOptions extends Omit<OpenOptions, 'side'> {
  readonly place: SignerPlace;
  /** For a single key; null makes one of role and ID. */
  readonly label: string | null;
}

export interface ImportResult {
  readonly imported: readonly (SigningKey & Pick<OpenedKey, 'file' | 'misnamed'>)[];
  readonly skipped: readonly SkippedKey[];
}

/**
 * Takes in private keys that Notary, Docker or OpenSSL made: all files are opened and judged first, then each key is
 * announced in the ledger, stored in the station's own form or in a token, and pinned. A rerun after a kill goes on
 * with what was announced (M21). Never grade A: copies may exist.
 *
 * @throws CountersignError KEY-KNOWN, KEY-LABEL, and what {@link openForeignKeys} and the place throw
 */
export async function importKeys(
  home: Home,
  options: ImportOptions,
  open: OpenSigner,
): Promise<ImportResult> {
  const { place, label, dialect } = options;
  const { keys, skipped } = await openForeignKeys({ ...options, side: home.side });
  const signers = new Signers(open);
  try {
    const registry = foldKeys(home.ledger.lines());
    const known = [...skipped];
    const seen = new Set(registry.keys.keys());
    const fresh = keys.filter((key) => isFresh(key, dialect, seen, known));
    if (label !== null && fresh.length > 1)
      throw usage('KEY-LABEL', 'one label cannot name several keys', { found: label, hint: 'leave it out' });
    const intents = fresh.map((key) => intentFor(key, options, registry));
    if (fresh.length > 0)
      await signers.prepare(
        place.kind === 'token'
          ? [place]
          : fresh.map(({ role }) => ({ kind: 'keyfile', key: { id: null, role } })),
      );
    const imported: ImportResult['imported'][number][] = [];
    for (const [index, key] of fresh.entries())
      imported.push(await importOne(home, key, intents[index] as PlannedIntent, place, signers));
    return { imported, skipped: known };
  } finally {
    wipeKeys(keys);
    await signers.close();
  }
}

interface PlannedIntent {
  readonly intent: KeyIntent;
  /** An interrupted run announced it. */
  readonly begun: boolean;
}

async function importOne(
  home: Home,
  key: OpenedKey,
  { intent, begun }: PlannedIntent,
  place: SignerPlace,
  signers: Signers,
): Promise<ImportResult['imported'][number]> {
  const { privateKeyInfo, public: publicKey, role, id, file, misnamed } = key;
  if (!begun) home.ledger.append([keyIntentEvent(intent)]);
  const taken = await signers.take(place, {
    ...{ privateKeyInfo, public: publicKey, role },
    label: intent.label,
    id: intent.id,
  });
  home.ledger.append([keyEvent(id, taken, intent, 'imported')]);
  const { location, grade } = taken;
  return { id, public: publicKey, role, repository: intent.repository, location, grade, file, misnamed };
}

/** Whether the key is new here; in a folder a known one is left out, so that an import can be run again. */
function isFresh(
  { id, file, named, role, public: { algorithm } }: OpenedKey,
  dialect: DialectName,
  seen: Set<string>,
  known: SkippedKey[],
): boolean {
  dialectOf(dialect).scheme(algorithm, role);
  if (!seen.has(id)) {
    seen.add(id);
    return true;
  }
  if (named)
    throw usage('KEY-KNOWN', 'this station has the key already', {
      found: id,
      where: file,
      hint: 'countersign key list shows it',
    });
  known.push({ file, role, why: 'known', id });
  return false;
}

function intentFor(
  key: OpenedKey,
  { place, label, dialect }: ImportOptions,
  registry: KeyRegistry,
): PlannedIntent {
  const chosen = label ?? `${key.role.slice(0, 40)} ${key.id.slice(0, 16)}`;
  const repository = boundTo(dialect, key.repository ?? undefined);
  const where = place.kind === 'keyfile' ? 'keyfile' : place.serial;
  const { algorithm } = key.public;
  const wanted = { label: chosen, algorithm, role: key.role, repository, where };
  const started = registry.open.get(chosen);
  if (!started && registry.labels.has(chosen))
    throw usage('KEY-LABEL', 'a key with this label exists', {
      found: chosen,
      hint: 'choose another with --label',
    });
  if (!started) return { intent: { id: toHex(randomBytes(16)), ...wanted }, begun: false };
  const same = Object.entries(wanted).every(([name, value]) => started[name as keyof KeyIntent] === value);
  if (!same)
    throw refused('KEY-LABEL', 'a key with this label was begun with other properties', {
      expected: `${started.role} ${started.algorithm} in ${started.where}`,
      found: `${wanted.role} ${algorithm} in ${where}`,
      hint: 'repeat the command as it was, or choose another label with --label',
    });
  return { intent: started, begun: true };
}
