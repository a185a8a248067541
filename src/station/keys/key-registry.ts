import { fromBase64, toBase64 } from '../../encoding/text.ts';
import type { JsonObject } from '../../encoding/json.ts';
import { refused, usage } from '../../errors.ts';
import type { Algorithm } from '../../metadata/key.ts';
import type { GeneratedKey, Grade, KeyLocation, SigningKey } from '../../signer/signer.ts';
import { textOf, type RecordedEvent } from '../ledger/events.ts';

/** An intent to generate a key, without the key yet: a rerun goes on with exactly this ID (M21). */
export interface KeyIntent {
  readonly id: string;
  readonly label: string;
  readonly algorithm: Algorithm;
  readonly role: string;
  readonly repository: string | null;
  /** Token serial, or `keyfile`. */
  readonly where: string;
}

export interface KeyRegistry {
  readonly keys: ReadonlyMap<string, SigningKey>;
  /** Intents that no key line followed, by label. */
  readonly open: ReadonlyMap<string, KeyIntent>;
  /** Labels of keys that exist. */
  readonly labels: ReadonlySet<string>;
}

/** Every signing key of a station, as its ledger pinned it at birth. */
export function foldKeys(lines: Iterable<RecordedEvent>): KeyRegistry {
  const keys = new Map<string, SigningKey>();
  const open = new Map<string, KeyIntent>();
  const labels = new Set<string>();
  const labelOf = new Map<string, string>();
  for (const { event, data } of lines) {
    if (event === 'key-intent') open.set(textOf(data, 'label'), data as unknown as KeyIntent);
    else if (event === 'key') {
      const key = readKey(data);
      keys.set(key.id, key);
      open.delete(textOf(data, 'label'));
      labels.add(textOf(data, 'label'));
      labelOf.set(key.id, textOf(data, 'label'));
    } else if (event === 'key-removed') {
      const id = textOf(data, 'key');
      keys.delete(id);
      labels.delete(labelOf.get(id) ?? '');
    } else if (event === 'bound') {
      const key = keys.get(textOf(data, 'key'));
      if (key) keys.set(key.id, { ...key, repository: textOf(data, 'repository') });
    }
  }
  return { keys, open, labels };
}

function readKey(data: JsonObject): SigningKey {
  return {
    id: textOf(data, 'id'),
    public: { algorithm: data['algorithm'] as Algorithm, spki: fromBase64(textOf(data, 'public')) },
    role: textOf(data, 'role'),
    repository: data['repository'] === null ? null : textOf(data, 'repository'),
    location: data['location'] as unknown as KeyLocation,
    grade: data['grade'] as Grade,
  };
}

/** The ledger's line for the intent. */
export function keyIntentEvent(intent: KeyIntent): { event: string; data: JsonObject } {
  return { event: 'key-intent', data: { ...intent } };
}

/** How a key came to a station: made here, found in a token, or taken out of another program's file. */
export type KeyOrigin = 'generated' | 'enrolled' | 'imported';

/** The ledger's line for a key that this station holds from now on. */
export function keyEvent(
  id: string,
  key: GeneratedKey,
  intent: Pick<KeyIntent, 'label' | 'role' | 'repository'>,
  origin: KeyOrigin = 'generated',
): { event: string; data: JsonObject } {
  const { algorithm, spki } = key.public;
  return {
    event: 'key',
    data: {
      id,
      algorithm,
      public: toBase64(spki),
      role: intent.role,
      repository: intent.repository,
      label: intent.label,
      grade: key.grade,
      location: { ...key.location },
      attributes: { ...key.attributes },
      origin,
    },
  };
}

/** The ledger's line before a key is destroyed. */
export function keyRemovalEvent(key: string): { event: string; data: JsonObject } {
  return { event: 'key-removal', data: { key } };
}

/** The ledger's line for a key that this station holds no more. */
export function keyRemovedEvent(key: string): { event: string; data: JsonObject } {
  return { event: 'key-removed', data: { key } };
}

/**
 * A targets key serves one repository, since nothing inside the metadata names the repository (M5).
 *
 * @throws KEY-REPOSITORY
 */
export function checkBinding(key: SigningKey, repository: string): void {
  if (key.repository === null || key.repository === repository) return;
  throw refused('KEY-REPOSITORY', 'the key belongs to another repository', {
    expected: key.repository,
    found: repository,
    where: key.id,
    hint: 'generate a key for this repository: what one key signs for two is valid in both',
  });
}

/** The one key that a text names: an ID or the beginning of one, at least eight digits. @throws KEY-UNKNOWN */
export function keyById(registry: KeyRegistry, text: string): SigningKey {
  const found = [...registry.keys.values()].filter(
    ({ id }) => id === text || (text.length >= 8 && id.startsWith(text)),
  );
  const [key, second] = found;
  if (key && !second) return key;
  throw usage('KEY-UNKNOWN', second ? 'several keys begin like that' : 'no such key here', {
    found: text,
    hint: 'key list shows the IDs',
  });
}
