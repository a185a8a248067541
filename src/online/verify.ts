import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { refused, usage } from '../errors.ts';
import { readAuthority } from './authority-file.ts';
import type { Environment } from './credential.ts';
import { findTarget, lookupTarget, type FoundTarget } from './found-targets.ts';
import { RELEASED } from './inspect.ts';
import { readPublished, type ReadRepository, type UnreadRole } from './read.ts';
import { parseReference } from './registry/reference.ts';
import type { OnlineStation } from './station.ts';
import type { Stores } from './stores.ts';

/** Content that is what a published target says, byte for byte. */
export interface VerifiedContent {
  readonly repository: string;
  readonly target: FoundTarget;
  /** Delegated roles that could not be read. */
  readonly broken: readonly UnreadRole[];
}

/** What content was found to be. */
interface Measured {
  readonly length: number;
  readonly hashes: Readonly<Record<string, string>>;
}

/** Hash algorithms that Notary's clients know. */
const ALGORITHMS = ['sha256', 'sha512'] as const;

/**
 * Compares a file, read as a stream, with the target that is published under a name.
 *
 * @param content a path, or a stream such as stdin
 * @param roles roles to look into; empty for all
 * @throws VERIFY-MISMATCH, VERIFY-HASH, READ-TARGET (exit 3), VERIFY-FILE (exit 2), and what reading throws
 */
export async function verifyFile(
  station: OnlineStation,
  stores: Stores,
  gun: string,
  name: string,
  content: string | AsyncIterable<Uint8Array>,
  roles: readonly string[],
): Promise<VerifiedContent> {
  const repository = await readPublished(station, stores, gun);
  const target = lookupTarget(repository, name, roles);
  compare(gun, target, await measure(content, target.entry.length));
  return { repository: gun, target, broken: repository.broken };
}

/**
 * Compares the manifest that a registry serves for an image with the target that is signed for its tag. As Docker's
 * client pulls: the tag is looked for in `targets/releases`, then in `targets`, and nowhere below them.
 *
 * @param roles roles to look into instead
 * @throws VERIFY-MISMATCH, VERIFY-HASH, READ-TARGET, REGISTRY-* (exit 3), REGISTRY-REFERENCE (exit 2)
 */
export async function verifyImage(
  station: OnlineStation,
  stores: Stores,
  reference: string,
  options: {
    readonly roles: readonly string[];
    readonly ca: string | undefined;
    readonly environment: Environment;
  },
): Promise<VerifiedContent> {
  const { host, path, tag } = parseReference(reference);
  const gun = `${host}/${path}`;
  const ca = options.ca === undefined ? undefined : readAuthority(options.ca);
  const repository = await readPublished(station, stores, gun);
  const target =
    options.roles.length > 0 ? lookupTarget(repository, tag, options.roles) : released(repository, tag);
  const { resolveImage } = await import('./registry/resolve-image.ts');
  const image = await resolveImage(reference, { ca, environment: options.environment });
  const { length, sha256, sha512 } = image;
  compare(gun, target, { length, hashes: { sha256, sha512 } });
  return { repository: gun, target, broken: repository.broken };
}

function released(repository: ReadRepository, tag: string): FoundTarget {
  const found = findTarget(repository, tag, RELEASED);
  if (found && RELEASED.includes(found.role)) return found;
  throw refused('READ-TARGET', 'no such tag is published where Docker looks', {
    expected: `a target of ${RELEASED.join(' or ')}`,
    found: found ? `one of ${found.role}` : 'none',
    where: `${tag} of ${repository.name}`,
    ...(found ? { hint: `to look there: -r ${found.role}` } : {}),
  });
}

/** Reads no more than one piece beyond the length that is expected: a stream may be endless. */
async function measure(content: string | AsyncIterable<Uint8Array>, expected: number): Promise<Measured> {
  const hashes = ALGORITHMS.map((algorithm) => ({ algorithm, hash: createHash(algorithm) }));
  let length = 0;
  try {
    const pieces = typeof content === 'string' ? createReadStream(content) : content;
    for await (const piece of pieces as AsyncIterable<Uint8Array>) {
      length += piece.length;
      if (length > expected) break;
      for (const { hash } of hashes) hash.update(piece);
    }
  } catch (cause) {
    throw usage('VERIFY-FILE', 'the file cannot be read', {
      where: typeof content === 'string' ? content : 'standard input',
      cause,
    });
  }
  return {
    length,
    hashes: Object.fromEntries(hashes.map(({ algorithm, hash }) => [algorithm, hash.digest('hex')])),
  };
}

function compare(repository: string, { name, role, entry }: FoundTarget, found: Measured): void {
  const where = `${name} of ${role} of ${repository}`;
  if (found.length !== entry.length)
    throw refused('VERIFY-MISMATCH', 'the content is not what is signed: another length', {
      expected: `${String(entry.length)} bytes`,
      found: `${found.length > entry.length ? 'at least ' : ''}${String(found.length)} bytes`,
      where,
    });
  const known = ALGORITHMS.filter((algorithm) => entry.hashes[algorithm] !== undefined);
  if (known.length === 0)
    throw refused('VERIFY-HASH', 'the target is signed without a hash that this program computes', {
      expected: ALGORITHMS.join(' or '),
      found: Object.keys(entry.hashes).join(', ').slice(0, 200),
      where,
    });
  for (const algorithm of known)
    if (entry.hashes[algorithm] !== found.hashes[algorithm])
      throw refused('VERIFY-MISMATCH', `the content is not what is signed: another ${algorithm}`, {
        expected: entry.hashes[algorithm] ?? '',
        found: found.hashes[algorithm] ?? '',
        where,
      });
}
