import { refused } from '../../errors.ts';
import { isObject, type Json, type JsonObject } from '../../encoding/json.ts';
import type { DelegatedNames, DelegationEdit } from '../dialect.ts';
import { form } from './file.ts';
import { standaloneKey, withKey } from './keys.ts';
import { checkDelegatedRoleName } from './names.ts';
import { keyIdsOf } from '../root-quorums.ts';
import { isTexts } from './quorum.ts';

/**
 * The document with other delegations: a changed role keeps its place in the list and the members that others gave
 * it, a new one comes last, and keys that no delegation uses any more go.
 */
export function withDelegations(signed: JsonObject, edits: readonly DelegationEdit[]): JsonObject {
  if (edits.length === 0) return signed;
  const delegations = (signed['delegations'] ?? { keys: {}, roles: [] }) as JsonObject;
  if (isObject(delegations['succinct_roles']))
    throw form('targets', 'the roles below are bins that are only counted: none can be changed alone');
  let keys = delegations['keys'] as JsonObject;
  const byName = new Map(
    (delegations['roles'] as JsonObject[]).map((entry) => [entry['name'] as string, entry]),
  );
  const before = new Set([...byName.values()].flatMap(keyIdsOf));
  for (const { role, declared } of edits) {
    if (!declared) {
      byName.delete(role);
      continue;
    }
    checkDelegatedRoleName(role);
    for (const { id, value } of declared.quorum.keys)
      if (value) keys = withKey(keys, { id, object: standaloneKey(value).object });
    if (!byName.has(role)) checkNewRole(role);
    byName.set(role, roleEntry(role, declared, byName.get(role)));
  }
  const roles = [...byName.values()];
  const named = new Set(roles.flatMap(keyIdsOf));
  const left = Object.entries(keys).filter(([id]) => named.has(id) || !before.has(id));
  return { ...signed, delegations: { ...delegations, keys: Object.fromEntries(left), roles } };
}

/**
 * Clients ask web servers for a role's file under its percent-encoded name, and servers decode that: only names that
 * need no encoding are found everywhere. Roles that there are already are called what they are called.
 */
function checkNewRole(role: string): void {
  if (/^[A-Za-z0-9_.~-]+$/.test(role) && !/^[0-9]+\./.test(role)) return;
  throw refused('NAME-ROLE', 'not every web server would serve a role of that name', {
    expected: 'letters, digits and _ . ~ -, not beginning as a version does',
    found: role.slice(0, 300),
  });
}

function roleEntry(
  role: string,
  declared: NonNullable<DelegationEdit['declared']>,
  previous: JsonObject | undefined,
): JsonObject {
  const { paths, path_hash_prefixes: prefixes, ...rest } = previous ?? {};
  return {
    ...rest,
    ...names(declared, [...texts(paths), ...texts(prefixes)]),
    keyids: declared.quorum.keys.map(({ id }) => id),
    name: role,
    terminating: declared.terminating,
    threshold: declared.quorum.threshold,
  };
}

function texts(value: Json | undefined): readonly string[] {
  return isTexts(value) ? value : [];
}

/** A role has one of the two forms, never both (specification 4.5). */
function names({ paths, hashPrefixes }: DelegatedNames, known: readonly string[]): JsonObject {
  for (const path of paths) if (!known.includes(path)) checkPattern(path);
  for (const prefix of hashPrefixes)
    if (!known.includes(prefix) && !/^[0-9a-f]{1,64}$/.test(prefix))
      throw refused('NAME-PATH', 'not the beginning of a SHA-256', {
        expected: '1 to 64 of 0-9 a-f',
        found: JSON.stringify(prefix.slice(0, 120)),
      });
  if (paths.length > 0 && hashPrefixes.length > 0)
    throw refused('NAME-PATH', 'a delegation has either paths or hash prefixes');
  return hashPrefixes.length > 0 ? { path_hash_prefixes: [...hashPrefixes] } : { paths: [...paths] };
}

/**
 * What clients do not read alike: sets, braces and backslashes; at the beginning of a segment `!`, `#` and what some
 * shells call extended patterns; and paths that no target has.
 */
const AMBIGUOUS = /[[\]{}\\]|(?:^|\/)[!#]|[!?*+@]\(/;

function checkPattern(path: string): void {
  const fault =
    path === '' || path.length > 1_024
      ? 'it must have 1 to 1024 characters'
      : !path.isWellFormed() || /[\u0000-\u001f\u007f-\u009f]/.test(path)
        ? 'it holds a control character or a lone surrogate'
        : path.split('/').some((segment) => segment === '' || segment === '.' || segment === '..')
          ? 'it is not relative, or has an empty, "." or ".." segment'
          : AMBIGUOUS.test(path)
            ? 'clients disagree about what it matches'
            : null;
  if (fault !== null)
    throw refused('NAME-PATH', `not a path of a delegation: ${fault}`, {
      expected: 'segments of names, "*" and "?"',
      found: JSON.stringify(path.slice(0, 120)),
    });
}
