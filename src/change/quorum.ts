import { refused } from '../errors.ts';
import { fromBase64 } from '../encoding/text.ts';
import type { Dialect, KeyContext, QuorumKey } from '../metadata/dialect.ts';
import type { MetadataKey, RoleKeys } from '../metadata/document.ts';
import { publicKeyFromSpki } from '../metadata/public-key.ts';
import type { Change, KeySource } from './change.ts';

/** A place in an unsigned document that only an offline station can fill. */
export interface ComputedSlot {
  readonly id: string;
  readonly kind: 'key' | 'certificate';
  readonly role: string;
  /** Canonical ID of the key that a certificate is for; null where the filling station chooses the key. */
  readonly keyid: string | null;
  /** That key; null where the filling station chooses. */
  readonly key: MetadataKey | null;
}

/** A key of a role as the changes leave it. */
export interface NewKey extends QuorumKey {
  /** Null while open. */
  readonly key: MetadataKey | null;
  readonly slot: ComputedSlot | null;
}

export interface NewQuorum {
  readonly threshold: number;
  readonly keys: readonly NewKey[];
  /** IDs of keys that were removed, and are not asked to sign any more. */
  readonly removed: readonly string[];
}

interface Draft {
  threshold: number;
  keys: DraftKey[];
  removed: string[];
}

/** A key that stays, one that a change brings, or a new certificate over one that stays. */
type DraftKey =
  { readonly kept: MetadataKey } | { readonly source: KeySource } | { readonly renews: MetadataKey };

/** What the quorum of a role depends on besides its own changes. */
export interface QuorumInputs {
  readonly fills: ReadonlyMap<string, Uint8Array>;
  readonly context: KeyContext;
}

/** Whether a change touches a role's keys or threshold. */
export function changesQuorum(change: Change, role: string): boolean {
  switch (change.type) {
    case 'key-add':
    case 'key-remove':
    case 'key-rotate':
    case 'threshold':
      return change.role === role;
    case 'renew-certificate':
      return role === 'root';
    default:
      return false;
  }
}

/**
 * Replays the changes of a role's keys and threshold over what it has now.
 *
 * @param current null where the role is new
 * @param listed keys that the document lists already, in any role
 * @throws CHANGE-KEY, CHANGE-THRESHOLD, EXCHANGE-FILL
 */
export function quorumAfter(
  dialect: Dialect,
  role: string,
  current: RoleKeys | null,
  changes: readonly Change[],
  inputs: QuorumInputs,
  listed: readonly MetadataKey[],
): NewQuorum {
  const isOffline = dialect.offlineRoles.some((offline) => offline.role === role);
  const draft: Draft = {
    threshold: current?.threshold ?? 1,
    keys: current ? current.keys.map((kept) => ({ kept })) : isOffline ? [{ source: SLOT }] : [],
    removed: [],
  };
  for (const change of changes) if (changesQuorum(change, role)) apply(draft, change, role);
  const keys = resolve(dialect, role, draft.keys, inputs, listed);
  if (draft.threshold < 1 || draft.threshold > keys.length)
    throw refused('CHANGE-THRESHOLD', 'a role would need more signatures than it has keys', {
      expected: `a threshold of 1 to ${String(keys.length)}`,
      found: String(draft.threshold),
      where: `${inputs.context.repository} ${role}`,
      hint: 'add keys first, or lower the threshold in the same request',
    });
  return { threshold: draft.threshold, keys, removed: draft.removed };
}

const SLOT: KeySource = { form: 'slot', value: null };

function apply(draft: Draft, change: Change, role: string): void {
  if (change.type === 'threshold') draft.threshold = change.threshold;
  else if (change.type === 'key-add') draft.keys.push({ source: change.key });
  else if (change.type === 'key-rotate') draft.keys = change.keys.map((source) => ({ source }));
  else if (change.type === 'key-remove' || change.type === 'renew-certificate') {
    const at = draft.keys.findIndex((key) => 'kept' in key && isNamed(key.kept, change.keyid));
    const found = draft.keys[at];
    if (!found || !('kept' in found))
      throw refused('CHANGE-KEY', 'the role has no such key', {
        found: change.keyid,
        where: role,
        hint: 'repository show lists the keys of every role',
      });
    if (change.type === 'renew-certificate') draft.keys[at] = { renews: found.kept };
    else {
      draft.keys.splice(at, 1);
      draft.removed.push(found.kept.id);
    }
  }
}

function isNamed(key: MetadataKey, keyid: string): boolean {
  return key.id === keyid || key.canonicalId === keyid;
}

function resolve(
  dialect: Dialect,
  role: string,
  drafts: readonly DraftKey[],
  inputs: QuorumInputs,
  listed: readonly MetadataKey[],
): readonly NewKey[] {
  const certified = dialect.offlineRoles.find((offline) => offline.role === role)?.slot === 'certificate';
  let slots = 0;
  const found = drafts.map((draft): NewKey => {
    if ('kept' in draft) return placed(draft.kept, null, null);
    const given = 'source' in draft ? givenKey(dialect, role, draft.source, inputs) : null;
    const asGiven = !certified || ('source' in draft && draft.source.form === 'certificate');
    if (given && asGiven) return placed(given.key, given.value, null);
    const kind = certified ? 'certificate' : 'key';
    const id = slots === 0 ? `${role}.${kind}` : `${role}.${kind}.${String(slots + 1)}`;
    slots += 1;
    const known = 'renews' in draft ? draft.renews : (given?.key ?? null);
    return filled(dialect, { id, kind, role, keyid: known?.canonicalId ?? null, key: known }, inputs);
  });
  checkDistinct(found, `${inputs.context.repository} ${role}`);
  return found.map((key) => underListedId(dialect, key, listed));
}

/**
 * A key that the document lists already, under the ID that it has there, whatever that is: two IDs for one key would
 * look like two keys. Not where keys stand in certificates, of which one key has several.
 */
export function underListedId(dialect: Dialect, key: NewKey, listed: readonly MetadataKey[]): NewKey {
  if (dialect.certificates || key.value === null) return key;
  const known = listed.find(({ canonicalId }) => canonicalId === key.canonicalId);
  return known ? { ...key, id: known.id, value: null, key: known } : key;
}

/** Of two certificates over one key, both there before, one may be an old estate's; a new key is never there twice. */
function checkDistinct(keys: readonly NewKey[], where: string): void {
  const seen = new Map<string, NewKey>();
  for (const key of keys) {
    if (!key.key) continue;
    const other = seen.get(key.key.canonicalId);
    if (other && (key.value || other.value))
      throw refused('CHANGE-KEY', 'one key would stand twice in a role', {
        found: key.key.canonicalId,
        where,
      });
    seen.set(key.key.canonicalId, key);
  }
}

/** The key that a change names; null for one that the filling station chooses. */
function givenKey(
  dialect: Dialect,
  role: string,
  { form, value }: KeySource,
  { context }: QuorumInputs,
): { value: Uint8Array; key: MetadataKey } | null {
  if (form === 'slot' || value === null) return null;
  const bytes = fromBase64(value);
  const object =
    form === 'certificate'
      ? dialect.certificateValue(bytes, context)
      : dialect.keyValue(publicKeyFromSpki(bytes));
  // A bare key that a certificate will be made for is read as what it is: a key of no particular role.
  const key = dialect.readKey(form === 'certificate' ? role : 'targets', object, context);
  return { value: object, key };
}

function placed(key: MetadataKey, value: Uint8Array | null, slot: ComputedSlot | null): NewKey {
  return { id: key.id, value, open: false, canonicalId: key.canonicalId, key, slot };
}

function filled(dialect: Dialect, slot: ComputedSlot, { fills, context }: QuorumInputs): NewKey {
  const value = fills.get(slot.id);
  if (!value) return { id: slot.id, value: null, open: true, canonicalId: slot.keyid, key: null, slot };
  const key = dialect.readKey(slot.role, value, context);
  if (slot.keyid !== null && key.canonicalId !== slot.keyid)
    throw refused('EXCHANGE-FILL', 'a fill is for another key than the one that was asked for', {
      expected: slot.keyid,
      found: key.canonicalId,
      where: `${context.repository} ${slot.id}`,
    });
  return placed(key, value, slot);
}
