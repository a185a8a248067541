import { usage } from '../../errors.ts';

/** Longest name that the server's SQL stores hold, in characters. */
const MAX_GUN = 255;
const MAX_ROLE = 255;
// What Go's URL writer leaves as it is in a path; everything else is percent-encoded.
const PLAIN_IN_PATH = /%(?:3A|40|26|3D|2B|24|2C|3B)/g;

/** `/v2/GUN/_trust/changefeed`, or that of all repositories. @throws SERVER-GUN as {@link trustPath} */
export function changefeedPath(gun: string | null): string {
  return gun === null ? '/v2/_trust/changefeed' : trustPath(gun).replace(/tuf\/$/, 'changefeed');
}

/**
 * `/v2/GUN/_trust/tuf/`. The GUN stands in the path as the stock clients put it there: its slashes are path
 * separators, other characters that a path cannot hold are percent-encoded.
 *
 * @throws CountersignError SERVER-GUN (exit 2) for names that a server would not find under this path: empty
 *   segments, `.`, `..`, `*`, `?`, `%`, `#`, `\`, control characters, more than 255 characters
 */
export function trustPath(gun: string): string {
  const reason = gunFault(gun);
  if (reason !== null)
    throw usage('SERVER-GUN', 'the name cannot stand in the address of a trust server', {
      expected: `a name without ${reason}`,
      found: gun.slice(0, 300),
    });
  const segments = gun.split('/').map((segment) => encodeURIComponent(segment));
  const path = segments.join('/').replace(PLAIN_IN_PATH, (code) => decodeURIComponent(code));
  return `/v2/${path}/_trust/tuf/`;
}

function gunFault(gun: string): string | null {
  if (gun === '' || gun.split('/').includes('')) return 'empty segments';
  if (gun.split('/').some((segment) => segment === '.' || segment === '..')) return '"." and ".." segments';
  if (/[*?%#\\]/.test(gun)) return 'any of * ? % # \\';
  if (/\p{Cc}/u.test(gun)) return 'control characters';
  if (!gun.isWellFormed()) return 'lone surrogates';
  if (Array.from(gun).length > MAX_GUN) return `more than ${String(MAX_GUN)} characters`;
  return null;
}

/**
 * The role as it stands in a file name: `targets/releases`.
 *
 * @throws CountersignError SERVER-ROLE (exit 2) for anything but the base roles and well-formed delegations
 */
export function roleName(role: string): string {
  const base = ['root', 'targets', 'snapshot', 'timestamp'].includes(role);
  const delegation = /^targets(?:\/[-a-z0-9_]+)+$/.test(role) && role.length <= MAX_ROLE;
  if (!base && !delegation)
    throw usage('SERVER-ROLE', 'not the name of a role', {
      expected: 'root, targets, snapshot, timestamp or targets/NAME',
      found: role.slice(0, 300),
    });
  return role;
}
