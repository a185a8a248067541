import { refused, usage } from '../../errors.ts';
import type { DialectName } from '../../metadata/dialect.ts';
import { dialectOf } from '../../metadata/dialects.ts';
import { checkTargetsRoleName } from '../../metadata/notary/names.ts';

/** What a key file of another program, and whoever imports it, say of the key. */
export interface ForeignClaims {
  /** Header `role`. */
  readonly role: string | null;
  /** Header `gun`. */
  readonly gun: string | null;
  /** Absolute path of the file. */
  readonly path: string;
}

/** What the file's name says, in Notary's layouts. */
export interface NamedKey {
  /** Key ID, 64 hex digits. */
  readonly id: string | null;
  readonly role: string | null;
  readonly gun: string | null;
}

const BASE_ROLES = ['root', 'targets', 'snapshot', 'timestamp'];
/** Name of a signer as docker trust takes it. */
const SIGNER = /^[a-z0-9][a-z0-9_-]*$/;
const FILE = /^(?:.*\/)?([0-9a-f]{64})(?:_([a-z0-9/_-]+))?\.(?:key|pem)$/;
/** The layout before Notary 0.4: `tuf_keys/GUN/ID_ROLE.key`. */
const OLD_FOLDER = /^.*\/tuf_keys\/(.+)\/[^/]+$/;

/** What the path of a key file says of it: `ID.key`, or `ID_ROLE.key` below the GUN. */
export function namedKey(path: string): NamedKey {
  const [, id, suffix] = FILE.exec(path) ?? [];
  const role = suffix ?? (/\/root_keys\/[^/]+$/.test(path) ? 'root' : null);
  const gun = role === null || role === 'root' ? null : (OLD_FOLDER.exec(path)?.[1] ?? null);
  return { id: id ?? null, role, gun };
}

/**
 * The role and the repository of an imported key: the file's headers, else its path, else the command line, which
 * must not contradict them. Notary's names of delegation keys are those of Docker's signers (`alice`), full role
 * names, or just `delegation`.
 *
 * @param asked `--role` and `--repository`
 * @returns the role's full name; the repository's name, or null where the key is not tied to one
 * @throws CountersignError KEY-ROLE, KEY-REPOSITORY (exit 2), NAME-ROLE, NAME-REPOSITORY (exit 3)
 */
export function foreignRole(
  claims: ForeignClaims,
  asked: {
    readonly role: string | null;
    readonly repository: string | null;
    readonly dialect: DialectName;
  },
): { readonly role: string; readonly repository: string | null } {
  const named = namedKey(claims.path);
  const role = roleName(claims.role ?? named.role, asked, claims.path);
  const tied = role === 'root' || role.startsWith('targets/') ? null : (claims.gun ?? named.gun);
  if (tied !== null && asked.repository !== null && tied !== asked.repository)
    throw usage('KEY-REPOSITORY', 'the key file is for another repository', {
      expected: tied,
      found: asked.repository,
      where: claims.path,
      hint: 'leave --repository out',
    });
  const repository = asked.repository ?? tied;
  if (repository !== null) dialectOf(asked.dialect).checkRepository(repository);
  return { role, repository };
}

function roleName(
  claimed: string | null,
  { role: asked, dialect }: { readonly role: string | null; readonly dialect: DialectName },
  where: string,
): string {
  const said =
    claimed === null || claimed === '' || claimed === 'delegation' ? null : fullName(claimed, where);
  // Where names are free, a role is called what it is called.
  const free = asked !== null && dialectOf(dialect).ancestry(asked) === null;
  const given = asked === null || free ? asked : fullName(asked, where);
  const role = said ?? given;
  if (role === null)
    throw usage('KEY-ROLE', 'the key file does not say what the key is for', {
      expected: 'root, targets, snapshot, timestamp or targets/NAME',
      where,
      hint: 'say it with --role',
    });
  if (given !== null && given !== role)
    throw usage('KEY-ROLE', 'the key file says another role', {
      expected: role,
      found: given,
      where,
      hint: 'leave --role out',
    });
  return role;
}

function fullName(role: string, where: string): string {
  if (BASE_ROLES.includes(role)) return role;
  if (role.startsWith('targets/')) {
    checkTargetsRoleName(role);
    return role;
  }
  const name = `targets/${role}`;
  if (!SIGNER.test(role))
    throw refused('NAME-ROLE', 'not the name of a role', { found: role.slice(0, 300), where });
  checkTargetsRoleName(name);
  return name;
}
