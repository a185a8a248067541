import { createReadStream } from 'node:fs';
import { refused, usage } from '../../errors.ts';
import { readAuthority } from '../transport/authority-file.ts';
import { contentMeter, requireContent, type Measured } from '../staging/content.ts';
import type { Environment } from '../credentials/credential.ts';
import { findTarget, lookupTarget, type FoundTarget } from './found-targets.ts';
import { readPublished, type ReadRepository, type UnreadRole } from './read.ts';
import { readTarget } from './read-target.ts';
import { parseReference } from '../registry/reference.ts';
import type { OnlineStation } from '../station.ts';
import type { Stores } from '../repositories/stores.ts';

/** Content that is what a published target says, byte for byte. */
export interface VerifiedContent {
  readonly repository: string;
  readonly target: FoundTarget;
  /** Delegated roles that could not be read. */
  readonly broken: readonly UnreadRole[];
}

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
  const { target, broken } = await readTarget(station, stores, gun, name, roles);
  requireContent(gun, target, await measure(content, target.entry.length));
  return { repository: gun, target, broken };
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
  const { resolveImage } = await import('../registry/resolve-image.ts');
  const image = await resolveImage(reference, { ca, environment: options.environment });
  const { length, sha256, sha512 } = image;
  requireContent(gun, target, { length, hashes: { sha256, sha512 } });
  return { repository: gun, target, broken: repository.broken };
}

function released(repository: ReadRepository, tag: string): FoundTarget {
  const { released: roles } = repository.dialect;
  if (!roles) return lookupTarget(repository, tag);
  const found = findTarget(repository, tag, roles);
  if (found && roles.includes(found.role)) return found;
  throw refused('READ-TARGET', 'no such tag is published where Docker looks', {
    expected: `a target of ${roles.join(' or ')}`,
    found: found ? `one of ${found.role}` : 'none',
    where: `${tag} of ${repository.name}`,
    ...(found ? { hint: `to look there: -r ${found.role}` } : {}),
  });
}

async function measure(content: string | AsyncIterable<Uint8Array>, expected: number): Promise<Measured> {
  const meter = contentMeter(expected);
  try {
    const pieces = typeof content === 'string' ? createReadStream(content) : content;
    for await (const piece of pieces as AsyncIterable<Uint8Array>) if (!meter.add(piece)) break;
  } catch (cause) {
    throw usage('VERIFY-FILE', 'the file cannot be read', {
      where: typeof content === 'string' ? content : 'standard input',
      cause,
    });
  }
  return meter.measured();
}
