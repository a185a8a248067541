import { isAbsolute, join } from 'node:path';
import { usage } from '../../errors.ts';

/**
 * Where the files of one repository stand below the folder. The part before `tuf` is the path of Notary's HTTP API,
 * so that a plain web server over the folder serves what the stock clients ask for:
 *
 *     v2/index.html                         what the stock clients ask for before anything else
 *     v2/GUN/_trust/tuf                     symbolic link to the generation that is current
 *     v2/GUN/_trust/generation.N/           one whole published state, never changed once it was current
 *         ROLE.json                         the current file of each role
 *         ROLE.SHA256.json, N.root.json     every file ever published, the same ones (hard links) in each generation
 *     v2/GUN/_trust/lock                    held while somebody publishes
 *
 * A role `targets/NAME` is a file in the folder `targets`.
 */
export interface Layout {
  /** `v2/GUN/_trust`, absolute. */
  readonly trust: string;
  /** The link. */
  readonly current: string;
  readonly lock: string;
  /** `v2/index.html`, absolute. */
  readonly index: string;
  generation(number: number): string;
}

/** Longest name of a file that the usual file systems hold, in bytes. */
const MAX_SEGMENT = 255;

/**
 * The layout of a repository.
 *
 * @throws CountersignError DIRECTORY-NAME (exit 2) for a name that is not a relative path of plain segments
 */
export function layoutOf(folder: string, repository: string): Layout {
  const segments = repository.split('/');
  const fault =
    segments.some((one) => one === '' || one === '.' || one === '..' || one === '_trust') ||
    segments.some((one) => Buffer.byteLength(one) > MAX_SEGMENT || one.startsWith('.')) ||
    /[\\*?%#\p{Cc}]/u.test(repository) ||
    !repository.isWellFormed();
  if (fault)
    throw usage('DIRECTORY-NAME', 'the name cannot be a path below the folder', {
      expected:
        'segments that are not empty, not hidden, not "_trust", without \\ * ? % # and control characters',
      found: repository.slice(0, 300),
    });
  if (!isAbsolute(folder))
    throw usage('DIRECTORY-PATH', 'the folder is not an absolute path', { found: folder });
  const trust = join(folder, 'v2', ...segments, '_trust');
  return {
    trust,
    current: join(trust, 'tuf'),
    lock: join(trust, 'lock'),
    index: join(folder, 'v2', 'index.html'),
    generation: (number) => join(trust, generationName(number)),
  };
}

/** `generation.7` */
export function generationName(number: number): string {
  return `generation.${String(number)}`;
}

/** The number in `generation.7`, or null for any other name. */
export function generationNumber(name: string): number | null {
  const found = /^generation\.([1-9][0-9]{0,14})$/.exec(name);
  return found === null ? null : Number(found[1]);
}

/**
 * File name of a role's current file, checked, since it becomes a path.
 *
 * @throws CountersignError DIRECTORY-ROLE (exit 2)
 */
export function roleFile(role: string, mark = ''): string {
  const base = ['root', 'targets', 'snapshot', 'timestamp'].includes(role);
  if (!base && !/^targets(?:\/[-a-z0-9_]+)+$/.test(role))
    throw usage('DIRECTORY-ROLE', 'not the name of a role', {
      expected: 'root, targets, snapshot, timestamp or targets/NAME',
      found: role.slice(0, 300),
    });
  return `${role}${mark}.json`;
}
