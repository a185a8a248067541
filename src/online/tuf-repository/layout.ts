import { existsSync, readdirSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { usage } from '../../errors.ts';

/**
 * Where the files of a TUF repository lie:
 *
 *     DIR/metadata/                  or DIR itself, where an adopted repository has no such folder
 *         N.root.json
 *         N.ROLE.json                of consistent snapshots; ROLE.json where there are none
 *         timestamp.json             decides what is current
 *     DIR/targets/                   target files, HASH.NAME in consistent snapshots
 */
export interface Layout {
  readonly metadata: string;
  readonly targets: string;
  /** Held while somebody publishes. */
  readonly lock: string;
  /** What a publication is about to put in place, not whole yet. */
  readonly pending: string;
  /** The same, whole: from its rename on it is published, and whoever publishes next finishes it after a kill. */
  readonly committed: string;
}

/** @throws CountersignError DIRECTORY-PATH (exit 2) */
export function layoutOf(folder: string): Layout {
  if (!isAbsolute(folder))
    throw usage('DIRECTORY-PATH', 'the folder is not an absolute path', { found: folder });
  const metadata = isFlat(folder) ? folder : join(folder, 'metadata');
  return {
    metadata,
    targets: join(folder, 'targets'),
    lock: join(metadata, '.countersign-lock'),
    pending: join(metadata, '.countersign-pending'),
    committed: join(metadata, '.countersign-committed'),
  };
}

function isFlat(folder: string): boolean {
  if (existsSync(join(folder, 'metadata')) || !existsSync(folder)) return false;
  return readdirSync(folder).some((name) => name === 'timestamp.json' || rootVersionOf(name) !== null);
}

/** The version in `7.root.json`; null for any other name. */
export function rootVersionOf(name: string): number | null {
  const found = /^([1-9][0-9]{0,9})\.root\.json$/.exec(name);
  return found ? Number(found[1]) : null;
}

/** Longest name of a file that the usual file systems hold, in bytes. */
const MAX_NAME = 255;
const SAFE = /[A-Za-z0-9_.~-]/;

/**
 * Name of a role's file. Role names are free text, so that everything but letters, digits and `_.-~` is percent-encoded
 * as python-tuf does (urllib.parse.quote without safe characters).
 *
 * @param version null for the name without one
 * @throws CountersignError DIRECTORY-ROLE (exit 2) for a name that no file system holds
 */
export function metadataFile(role: string, version: number | null): string {
  const quoted = [...Buffer.from(role, 'utf8')]
    .map((byte) => String.fromCharCode(byte))
    .map((char) =>
      SAFE.test(char) ? char : `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
    )
    .join('');
  const name = `${version === null ? '' : `${String(version)}.`}${quoted}.json`;
  if (role !== '' && name.length <= MAX_NAME) return name;
  throw usage('DIRECTORY-ROLE', 'the name of the role cannot be that of a file', {
    expected: `at most ${String(MAX_NAME)} bytes`,
    found: role.slice(0, 300),
  });
}
