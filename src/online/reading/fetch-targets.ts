import { refused } from '../../errors.ts';
import type { Dialect } from '../../metadata/dialect.ts';
import type { ListedFile, RoleKeys, SignedDocument } from '../../metadata/document.ts';
import { mayDeclare, withAncestors } from '../../metadata/hierarchy.ts';
import { countSigners } from '../../metadata/threshold.ts';
import type { Store } from '../repositories/store.ts';

/**
 * Delegated roles that are wanted, and who declares them where that is known already; what stands above them comes
 * along. Null: every role that is declared and listed.
 */
export type WantedRoles = ReadonlyMap<string, string | null>;

/** What the roles are read by. */
export interface TargetsSource {
  readonly dialect: Dialect;
  readonly store: Store;
  readonly snapshot: SignedDocument;
  readonly consistent: boolean;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Whether nothing is read below a role that will be set apart, or has expired. */
  readonly stopBelowBroken: boolean;
}

/** Files that are read at once. */
const PARALLEL = 8;

interface Declared {
  readonly parent: string;
  readonly keys: RoleKeys;
}

/**
 * Reads `targets` and the delegated roles that are wanted, level by level, each by what the snapshot lists. Where the
 * names say nothing of the hierarchy, a role that no document so far declares is looked for further down.
 *
 * @param wanted null: every role that is declared and listed; `but-bins`: those but the ones that hold names by hash
 * @throws SERVER-INCOMPLETE, METADATA-*, SERVER-*
 */
export async function fetchTargets(
  source: TargetsSource,
  wanted: WantedRoles | 'but-bins' | null,
): Promise<Map<string, Uint8Array>> {
  const { dialect, snapshot } = source;
  const listed = dialect.listed(snapshot);
  const wants = wanted === null || wanted === 'but-bins' ? null : withNamedAncestors(dialect, wanted);
  const files = new Map<string, Uint8Array>();
  const declared = new Map<string, Declared>();
  let level = ['targets'];
  while (level.length > 0) {
    const below = new Set<string>();
    for (const document of await readAll(source, listed, level, files)) {
      if (!wants && !isReadable(source, document, declared.get(document.role))) continue;
      for (const delegation of dialect.delegations(document)) {
        const { role, hashPrefixes } = delegation;
        if (wanted === 'but-bins' && hashPrefixes.length > 0) continue;
        // A removed delegation stays listed in a server's snapshot for ever; its parent no longer declares it.
        if (!mayDeclare(dialect, document.role, role) || declared.has(role) || !listed.has(role)) continue;
        declared.set(role, { parent: document.role, keys: delegation });
        below.add(role);
      }
    }
    const further = !wants || lacks(dialect, wants, declared);
    level = [...below].filter((role) => further || wants.has(role));
  }
  return wants ? onTheWay(files, wants, declared) : files;
}

function withNamedAncestors(dialect: Dialect, wanted: WantedRoles): WantedRoles {
  const above = [...wanted.keys()].flatMap((role) => dialect.ancestry(role) ?? []);
  return new Map([...above.map((role) => [role, null] as const), ...wanted]);
}

/** Whether a role is still to be looked for that may be anywhere. */
function lacks(dialect: Dialect, wants: WantedRoles, declared: ReadonlyMap<string, Declared>): boolean {
  return [...wants].some(
    ([role, parent]) => parent === null && !declared.has(role) && dialect.ancestry(role) === null,
  );
}

/** Only what is wanted, and what leads there. */
function onTheWay(
  files: ReadonlyMap<string, Uint8Array>,
  wants: WantedRoles,
  declared: ReadonlyMap<string, Declared>,
): Map<string, Uint8Array> {
  const parents = new Map([...declared].map(([role, { parent }]) => [role, parent]));
  const kept = new Set(['targets', ...[...wants.keys()].flatMap((role) => withAncestors(parents, role))]);
  return new Map([...files].filter(([role]) => kept.has(role)));
}

/** Whether clients read what the document declares: below a role that will be set apart they read nothing. */
function isReadable(
  { dialect, now, stopBelowBroken }: TargetsSource,
  document: SignedDocument,
  declared: Declared | undefined,
): boolean {
  if (!stopBelowBroken || !declared) return true;
  if (document.expires < now) return false;
  return countSigners(dialect, declared.keys, document).signers.length >= declared.keys.threshold;
}

async function readAll(
  { dialect, store, consistent }: TargetsSource,
  listed: ReadonlyMap<string, ListedFile>,
  roles: readonly string[],
  files: Map<string, Uint8Array>,
): Promise<SignedDocument[]> {
  const documents = new Array<SignedDocument>(roles.length);
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < roles.length; index = next++) {
      const role = roles[index] as string;
      const file = await fetchListed(store, listed, role, consistent);
      documents[index] = dialect.parse(role, file);
    }
  };
  await Promise.all(Array.from({ length: Math.min(PARALLEL, roles.length) }, worker));
  for (const { role, file } of documents) files.set(role, file);
  return documents;
}

/** A file as a list names it. @throws SERVER-INCOMPLETE */
export async function fetchListed(
  store: Store,
  listed: ReadonlyMap<string, ListedFile>,
  role: string,
  consistent: boolean,
): Promise<Uint8Array> {
  const entry = listed.get(role);
  const file = entry && (await store.listed(role, entry, consistent));
  if (!file) throw missing(store, role);
  return file;
}

/** A repository that lacks a file which it must have. */
export function missing(
  store: Store,
  what: string,
  hint = 'an earlier publication was not what the server hashes: the repository is broken for every client',
): Error {
  return refused('SERVER-INCOMPLETE', `the repository has a root but no ${what}`, {
    where: store.describe(),
    hint,
  });
}
