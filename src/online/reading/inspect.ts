import type { Json } from '../../encoding/json.ts';
import type { Dialect } from '../../metadata/dialect.ts';
import type { TargetEntry } from '../../metadata/document.ts';
import { searchTargets } from '../../metadata/search.ts';
import { findTarget, listTargets } from './found-targets.ts';
import { compareNaturally } from './natural-order.ts';
import type { ReadRepository } from './read.ts';

/** What `docker trust inspect` prints: member names and order are Docker's. */
export interface TrustInspection {
  readonly Name: string;
  readonly SignedTags: readonly SignedTag[];
  readonly Signers: readonly KeyHolder[];
  readonly AdministrativeKeys: readonly KeyHolder[];
}

interface SignedTag {
  readonly SignedTag: string;
  /** SHA-256, hex. */
  readonly Digest: string;
  readonly Signers: readonly string[];
  /** What its publisher says of it; Docker's client knows of no such thing, and nothing that it makes has it. */
  readonly Custom?: Json;
}

export interface KeyHolder {
  readonly Name: string;
  readonly Keys: readonly { readonly ID: string }[];
}

/** The signer that Docker's client names where none but the released roles hold a tag. */
const ADMINISTRATOR = 'Repo Admin';

/**
 * The inspection of a repository, or of one tag of it. Where images have released roles it is derived as Docker's client
 * derives it (cli/command/trust): without a tag, targets outside the paths of their role are shown too. Elsewhere a
 * target's signer is the role that clients take it from, under its whole name.
 */
export function inspectRepository(repository: ReadRepository, tag: string | null): TrustInspection {
  const { dialect, verified, name } = repository;
  const { released } = dialect;
  return {
    Name: tag === null ? name : `${name}:${tag}`,
    SignedTags: released ? releasedTags(repository, released, tag) : foundTags(repository, tag),
    Signers: signers(repository),
    AdministrativeKeys: ['root', 'targets'].map((role) => ({
      Name: role === 'root' ? 'Root' : 'Repository',
      Keys: dialect.declaredKeys(verified.root, role).keys.map(({ id }) => ({ ID: id })),
    })),
  };
}

function foundTags(repository: ReadRepository, tag: string | null): SignedTag[] {
  const found = tag === null ? listTargets(repository) : [findTarget(repository, tag, [])];
  return found.flatMap((one) => (one ? [{ ...tagOf(one.name, one.entry), Signers: [one.role] }] : []));
}

function tagOf(name: string, { hashes, custom }: TargetEntry): SignedTag {
  const Digest = hashes['sha256'] ?? '';
  return { SignedTag: name, Digest, Signers: [], ...(custom === undefined ? {} : { Custom: custom }) };
}

function releasedTags(
  { dialect, verified }: ReadRepository,
  released: readonly string[],
  tag: string | null,
): SignedTag[] {
  const walked = searchTargets(dialect, verified.targets, {
    target: tag,
    below: 'targets',
    without: new Set(),
  });
  const held = [...walked].map(({ role, document }) => {
    const all = [...dialect.targets(document)];
    return { role, targets: tag === null ? all : all.filter(([name]) => name === tag) };
  });
  const rows = new Map<string, SignedTag & { Signers: string[] }>();
  for (const { role, targets } of held)
    if (released.includes(role))
      for (const [name, entry] of targets) {
        const row = tagOf(name, entry);
        rows.set(`${row.Digest} ${name}`, { ...row, Signers: [] });
      }
  for (const { role, targets } of held)
    if (!released.includes(role))
      for (const [name, { hashes }] of targets)
        rows.get(`${hashes['sha256'] ?? ''} ${name}`)?.Signers.push(signerName(dialect, role));
  return [...rows.values()]
    .map((row) => (row.Signers.length > 0 ? row : { ...row, Signers: [ADMINISTRATOR] }))
    .sort((a, b) => compareNaturally(a.SignedTag, b.SignedTag) || (a.Digest < b.Digest ? -1 : 1));
}

/** Every delegation that a role which can be read declares, whether or not anything was signed into it. */
function signers({ dialect, verified }: ReadRepository): KeyHolder[] {
  const found = new Map<string, KeyHolder>();
  const everywhere = { target: null, below: 'targets', without: new Set<string>() };
  for (const { document } of searchTargets(dialect, verified.targets, everywhere))
    for (const { role, keys } of dialect.delegations(document))
      if (dialect.released?.includes(role) !== true)
        found.set(role, {
          Name: signerName(dialect, role),
          Keys: keys.map(({ canonicalId }) => ({ ID: canonicalId })),
        });
  return [...found.values()].sort((a, b) => (a.Name < b.Name ? 1 : -1));
}

/** A role as people call it who sign in it: what stands above it is left out where every name begins with that. */
function signerName(dialect: Dialect, role: string): string {
  return dialect.ancestry(role) === null ? role : role.slice('targets/'.length);
}
