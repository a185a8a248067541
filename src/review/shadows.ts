import { resultDocument } from '../change/computed-role.ts';
import type { RepositoryReading } from '../exchange/read-request.ts';
import type { Delegation } from '../metadata/dialect.ts';
import type { SignedDocument, TargetEntry } from '../metadata/document.ts';
import type { Anomaly } from './anomaly.ts';
import type { RoleDifference } from './difference.ts';
import { sameEntry, type TargetChange } from './target-change.ts';

/** Names of one role that clients may read from another. */
interface Shadow {
  readonly role: string;
  readonly other: string;
  readonly names: readonly string[];
}

/**
 * Clients take a target from the first role that has it. Where another role has the name with another content or custom data, one
 * hides the other, or its removal brings the other back: typed. Of a role whose file does not travel only the paths
 * are known: that it might is said, once for each such role.
 */
export function shadows(reading: RepositoryReading, differences: readonly RoleDifference[]): Anomaly[] {
  const documents = documentsAfter(reading);
  return differences
    .filter(({ targets }) => targets.length > 0)
    .flatMap(({ role, targets }) => [
      ...known(reading, documents, role, targets).map((shadow) => anomaly(reading, shadow, true)),
      ...possible(reading, documents, role, targets).map((shadow) => anomaly(reading, shadow, false)),
    ]);
}

/** The targets roles as they will be, as far as they travel. */
function documentsAfter({ base, roles }: RepositoryReading): ReadonlyMap<string, SignedDocument> {
  const changed = roles.filter(({ role }) => role !== 'root');
  return new Map([
    ...(base?.targets ?? []),
    ...changed.map((role) => [role.role, resultDocument(role)] as const),
  ]);
}

function known(
  { dialect }: RepositoryReading,
  documents: ReadonlyMap<string, SignedDocument>,
  role: string,
  targets: readonly TargetChange[],
): Shadow[] {
  return [...documents]
    .filter(([other]) => other !== role)
    .map(([other, document]) => ({
      role,
      other,
      names: targets
        .filter((change) => hides(change, dialect.target(document, change.name)))
        .map(({ name }) => name),
    }))
    .filter(({ names }) => names.length > 0);
}

function hides({ before, after }: TargetChange, other: TargetEntry | null): boolean {
  if (!other) return false;
  const mine = after ?? before;
  return mine !== null && !sameEntry(mine, other);
}

/** Roles that are declared with paths for the names, and whose file does not travel: added names alone. */
function possible(
  { dialect, base }: RepositoryReading,
  documents: ReadonlyMap<string, SignedDocument>,
  role: string,
  targets: readonly TargetChange[],
): Shadow[] {
  const added = targets.filter(({ before, after }) => !before && after).map(({ name }) => name);
  if (!base || added.length === 0) return [];
  const found = new Map<Delegation, string[]>();
  const declared = [...documents.values()].map((document) => dialect.delegations(document));
  for (const name of added)
    for (const delegations of declared)
      for (const other of dialect.covering(delegations, name)) {
        const names = found.get(other);
        if (names) names.push(name);
        else found.set(other, [name]);
      }
  return declared
    .flat()
    .filter((other) => other.role !== role && !documents.has(other.role))
    .flatMap((other) => {
      const names = found.get(other);
      return names ? [{ role, other: other.role, names }] : [];
    });
}

function anomaly({ record }: RepositoryReading, { role, other, names }: Shadow, typed: boolean): Anomaly {
  const [first = ''] = names;
  const which = names.length === 1 ? first : `${String(names.length)} names, such as ${first},`;
  return {
    id: `SHADOW:${record.name}:${role}:${other}:${String(names.length)}`,
    typed,
    text: typed
      ? `${other} has another content or custom data than ${role} under ${which}: clients take the role that is asked first`
      : `${other}, whose file is not in the request, may have ${which} too: clients take the role that is asked first`,
  };
}
