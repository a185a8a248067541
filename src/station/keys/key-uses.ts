import { fromBase64 } from '../../encoding/text.ts';
import { dialectOf } from '../../metadata/dialects.ts';
import type { SigningKey } from '../../signer/signer.ts';
import { archivedRoot } from '../files/archive.ts';
import { textOf, type RecordedEvent } from '../ledger/events.ts';
import type { Home } from '../home/home.ts';
import { foldMarks } from '../ledger/marks.ts';

/**
 * Repositories (`dialect:name`) that a key of this station serves, as far as its ledger knows: it is bound to them,
 * the newest pinned root lists it, or it was filled in or has signed there.
 *
 * @throws CountersignError ARCHIVE-DAMAGED (exit 3)
 */
export function keyUses(home: Home, { id, repository }: SigningKey): string[] {
  const lines = home.ledger.lines();
  const uses = new Set(repository === null ? [] : [repository]);
  for (const [name, { pinnedFile }] of foldMarks(lines))
    if (pinnedFile !== null && isListed(home, name, pinnedFile, id)) uses.add(name);
  for (const line of lines) {
    const { event, data } = line;
    const used = (event === 'outcome' && data['key'] === id) || (event === 'fill' && filledKey(line) === id);
    if (used) uses.add(textOf(data, 'repository'));
  }
  return [...uses].sort();
}

function isListed(home: Home, name: string, file: string, id: string): boolean {
  const repository = parts(name);
  const dialect = dialectOf(repository.dialect);
  const root = archivedRoot(home, file, repository);
  return [...dialect.offlineRoles.map(({ role }) => role), ...dialect.onlineRoles].some((role) =>
    dialect.declaredKeys(root, role).keys.some(({ canonicalId }) => canonicalId === id),
  );
}

/** Canonical ID of what a slot was filled with; a certificate has another ID in the metadata. */
function filledKey({ data, time }: RecordedEvent): string {
  if (data['kind'] !== 'certificate') return textOf(data, 'keyid');
  const { dialect, name } = parts(textOf(data, 'repository'));
  const context = { repository: name, now: Date.parse(time) };
  return dialectOf(dialect).readKey('root', fromBase64(textOf(data, 'value')), context).canonicalId;
}

function parts(repository: string): { dialect: string; name: string } {
  const colon = repository.indexOf(':');
  return { dialect: repository.slice(0, colon), name: repository.slice(colon + 1) };
}
