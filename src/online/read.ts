import { sha256Hex } from '../encoding/hash.ts';
import { refused, unavailable } from '../errors.ts';
import { dialectOf } from '../metadata/dialects.ts';
import type { Dialect } from '../metadata/dialect.ts';
import type { TargetEntry } from '../metadata/document.ts';
import type { VerifiedRepository } from '../metadata/repository.ts';
import { fetchRepository } from './fetch.ts';
import { repositoryNamed } from './repositories.ts';
import { pinOf, type OnlineStation } from './station.ts';
import type { Stores } from './stores.ts';

/** A repository as a client sees it now: verified from this station's pin, and not expired. */
export interface ReadRepository {
  readonly name: string;
  readonly dialect: Dialect;
  readonly verified: VerifiedRepository;
}

/**
 * Reads a repository as a client does.
 *
 * @throws READ-NONE (exit 6) if there is none, READ-EXPIRED (exit 3), CHAIN-*
 */
export async function readPublished(
  station: OnlineStation,
  stores: Stores,
  name: string,
): Promise<ReadRepository> {
  const entry = repositoryNamed(station.home, name);
  const dialect = dialectOf(entry.dialect);
  const store = stores.open(entry.place, entry.name);
  const context = { repository: name, now: station.now * 1000 };
  const pin = pinOf(station, entry);
  const fetched = await fetchRepository(dialect, store, pin, pin?.version ?? 1, null, context);
  if (!fetched)
    throw unavailable('READ-NONE', 'nothing is published under this name', {
      where: `${name} at ${store.describe()}`,
    });
  const { verified } = fetched;
  for (const document of [
    verified.root,
    verified.timestamp,
    verified.snapshot,
    verified.targets.get('targets'),
  ])
    if (document && document.expires < context.now)
      throw refused('READ-EXPIRED', `${document.role} has expired`, {
        expected: 'an expiry in the future',
        found: new Date(document.expires).toISOString(),
        where: `${name} ${document.role} version ${String(document.version)}`,
      });
  return { name, dialect, verified };
}

/** A target and the role that it comes from. */
export interface FoundTarget {
  readonly name: string;
  readonly role: string;
  readonly entry: TargetEntry;
}

/** Every target that a client would list: breadth first, the first role that names it wins. */
export function listTargets({ dialect, verified }: ReadRepository): FoundTarget[] {
  const found = new Map<string, FoundTarget>();
  const roles = [...verified.targets.keys()].sort((a, b) => a.split('/').length - b.split('/').length);
  for (const role of roles) {
    const document = verified.targets.get(role);
    if (!document) continue;
    for (const [name, entry] of dialect.targets(document))
      if (!found.has(name)) found.set(name, { name, role, entry });
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** One target. @throws READ-TARGET (exit 3) */
export function lookupTarget(repository: ReadRepository, name: string): FoundTarget {
  const found = listTargets(repository).find((target) => target.name === name);
  if (!found)
    throw refused('READ-TARGET', 'no such target is published', { found: name, where: repository.name });
  return found;
}

/** What `docker trust inspect` prints: member names and order are Docker's. */
export interface TrustInspection {
  readonly Name: string;
  readonly SignedTags: readonly {
    readonly SignedTag: string;
    readonly Digest: string;
    readonly Signers: readonly string[];
  }[];
  readonly Signers: readonly { readonly Name: string; readonly Keys: readonly { readonly ID: string }[] }[];
  readonly AdministrativeKeys: readonly {
    readonly Name: string;
    readonly Keys: readonly { readonly ID: string }[];
  }[];
}

const RELEASES = 'targets/releases';

/** The inspection of a repository, or of one tag of it, derived as Docker's client derives it. */
export function inspectRepository(
  repository: ReadRepository,
  tag: string | null,
  now: number,
): TrustInspection {
  const { dialect, verified, name } = repository;
  const context = { repository: name, now: now * 1000 };
  const root = dialect.roleKeys(verified.root, 'root', context);
  const targets = dialect.roleKeys(verified.root, 'targets', context);
  return {
    Name: tag === null ? name : `${name}:${tag}`,
    SignedTags: signedTags(repository).filter(({ SignedTag }) => tag === null || SignedTag === tag),
    Signers: signers(repository),
    AdministrativeKeys: [
      { Name: 'Root', Keys: root.keys.map(({ id }) => ({ ID: id })) },
      { Name: 'Repository', Keys: targets.keys.map(({ canonicalId }) => ({ ID: canonicalId })) },
    ],
  };
}

function signedTags({ dialect, verified }: ReadRepository): TrustInspection['SignedTags'] {
  const rows = new Map<string, { SignedTag: string; Digest: string; Signers: string[] }>();
  const entries = [...verified.targets].map(([role, document]) => ({
    role,
    targets: dialect.targets(document),
  }));
  for (const { role, targets } of entries) {
    if (role !== 'targets' && role !== RELEASES) continue;
    for (const [tag, { hashes }] of targets) {
      const digest = hashes['sha256'];
      if (digest !== undefined) rows.set(`${tag} ${digest}`, { SignedTag: tag, Digest: digest, Signers: [] });
    }
  }
  for (const { role, targets } of entries) {
    if (role === 'targets' || role === RELEASES) continue;
    for (const [tag, { hashes }] of targets)
      rows.get(`${tag} ${hashes['sha256'] ?? ''}`)?.Signers.push(role.slice('targets/'.length));
  }
  return [...rows.values()]
    .map((row) =>
      row.Signers.length > 0 ? { ...row, Signers: row.Signers.sort() } : { ...row, Signers: ['Repo Admin'] },
    )
    .sort((a, b) => naturally(a.SignedTag, b.SignedTag));
}

const NATURAL = new Intl.Collator('en', { numeric: true });

/** Natural order: v2 before v10. */
function naturally(a: string, b: string): number {
  return NATURAL.compare(a, b);
}

function signers({ dialect, verified }: ReadRepository): TrustInspection['Signers'] {
  const found: { Name: string; Keys: { ID: string }[] }[] = [];
  for (const role of verified.targets.keys()) {
    if (role === 'targets' || role === RELEASES) continue;
    const parent = verified.targets.get(role.slice(0, role.lastIndexOf('/')));
    const keys = parent && dialect.delegatedKeys(parent, role);
    if (keys)
      found.push({
        Name: role.slice('targets/'.length),
        Keys: keys.keys.map(({ canonicalId }) => ({ ID: canonicalId })),
      });
  }
  return found.sort((a, b) => (a.Name < b.Name ? 1 : -1));
}

/** SHA-256 of the signed bytes of each role, for `list --json`. */
export function roleVersions({
  verified,
}: ReadRepository): { role: string; version: number; sha256: string }[] {
  const documents = [verified.root, verified.timestamp, verified.snapshot, ...verified.targets.values()];
  return documents.flatMap((document) =>
    document ? [{ role: document.role, version: document.version, sha256: sha256Hex(document.payload) }] : [],
  );
}
