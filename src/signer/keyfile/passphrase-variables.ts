import { usage } from '../../errors.ts';

/** Variables of a process, as they are handed down. */
type Variables = Readonly<Record<string, string | undefined>>;

const DOCKER_ROOT = 'DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE';
const DOCKER_REPOSITORY = 'DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE';

/** By role, as the docker and notary clients look for them; any other role is a delegation's. */
const BY_ROLE: Readonly<Record<string, readonly string[]>> = {
  root: [DOCKER_ROOT, 'NOTARY_ROOT_PASSPHRASE'],
  targets: [DOCKER_REPOSITORY, 'NOTARY_TARGETS_PASSPHRASE'],
  snapshot: [DOCKER_REPOSITORY, 'NOTARY_SNAPSHOT_PASSPHRASE'],
  timestamp: [DOCKER_REPOSITORY],
};
const DELEGATION = [DOCKER_REPOSITORY, 'NOTARY_DELEGATION_PASSPHRASE'];

/** Variables that hold a secret, and that no child process gets. */
const SECRET = new Set([...Object.values(BY_ROLE).flat(), ...DELEGATION, 'NOTARY_AUTH']);

/**
 * The passphrase that Docker's and Notary's users have set for keys of a role; null where they have not. For key
 * files only: a PIN is never read from a variable (S22).
 *
 * @throws CountersignError PASSPHRASE-VARIABLES (exit 2) where two of them say different things
 */
export function passphraseVariable(
  role: string,
  variables: Variables,
): { readonly name: string; readonly value: string } | null {
  const names = Object.hasOwn(BY_ROLE, role) ? (BY_ROLE[role] as readonly string[]) : DELEGATION;
  const set = names.flatMap((name) => {
    const value = variables[name];
    return value === undefined || value === '' ? [] : [{ name, value }];
  });
  const [first, other] = set;
  if (first === undefined) return null;
  if (other !== undefined && other.value !== first.value)
    throw usage('PASSPHRASE-VARIABLES', 'two variables hold different passphrases for keys of this role', {
      found: set.map(({ name }) => name).join(' and '),
      where: role,
      hint: 'unset one of them, or name a file with the passphrase',
    });
  return first;
}

/** An environment for a child process: everything but secrets. */
export function withoutSecrets(variables: Variables): Record<string, string> {
  return Object.fromEntries(
    Object.entries(variables).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && !SECRET.has(entry[0]),
    ),
  );
}
