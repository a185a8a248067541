import type { Change } from '../../change/change.ts';
import { toBase64 } from '../../encoding/text.ts';
import { refused, usage } from '../../errors.ts';
import type { DelegatedNames, Dialect } from '../../metadata/dialect.ts';
import type { MetadataKey } from '../../metadata/document.ts';
import { depthOf, meansItself, namesFromNotary, roleNameFromNotary } from '../../metadata/tuf/from-notary.ts';
import type { VerifiedRepository } from '../../metadata/verified.ts';
import { countTargets } from '../staging/count-targets.ts';
import { isAtOrBelow, seenRoles, type SeenRole } from './delegated.ts';
import { targetChanges } from './targets.ts';

/** What is to become of delegated roles that do not go along as they are. */
export interface Departures {
  /** Roles that are left out, with everything below them. */
  readonly without: readonly string[];
  /** Roles whose targets `targets` takes over, with those of everything below them. */
  readonly merge: readonly string[];
}

/** A delegated role in the new repository. */
export interface ConvertedRole {
  readonly from: string;
  readonly role: string;
  readonly parent: string;
  readonly names: DelegatedNames;
  readonly threshold: number;
  readonly keys: readonly MetadataKey[];
  /** Number of its targets. */
  readonly targets: number;
}

/** The changes that make a TUF repository out of a Notary one, and what whoever stages them should know. */
export interface Conversion {
  readonly roles: readonly ConvertedRole[];
  readonly changes: readonly Change[];
  readonly notes: readonly string[];
}

/** A Notary repository that was verified, without the roles that no client reads. */
export interface ConversionSource {
  readonly name: string;
  readonly dialect: Dialect;
  readonly verified: VerifiedRepository;
  /** Delegated roles that no client reads. */
  readonly broken: readonly { readonly role: string; readonly message: string }[];
}

/**
 * Plans the same targets and delegations for a repository whose patterns and role names are TUF's.
 *
 * @throws CONVERT-ROLE (exit 2, 3), CONVERT-KEYS, CONVERT-PATHS, CONVERT-CLASH, CHANGE-HASH, NAME-TARGET, KEY-ALGORITHM
 */
export function planConversion(source: ConversionSource, into: Dialect, departures: Departures): Conversion {
  const { dialect, verified } = source;
  const all = seenRoles(dialect, verified);
  checkNamed(source, all, departures);
  const notes: string[] = [];
  const gone = (role: string): boolean => isAtOrBelow(dialect, role, departures.without);
  const merged = (role: string): boolean => isAtOrBelow(dialect, role, departures.merge);
  for (const { role, targets } of all.filter((one) => gone(one.role)))
    notes.push(`${role} is left out, with ${countTargets(targets.size)}`);
  const present = all.filter(({ role }) => !gone(role));
  checkBroken(source, present, departures);
  for (const { role, targets } of present.filter((one) => merged(one.role)))
    notes.push(`${role} is no role any more: the keys of targets sign its ${countTargets(targets.size)}`);
  const stay = present.filter(({ role }) => !merged(role));
  const depth = depthOf(stay.flatMap(({ targets }) => [...targets.keys()]));
  const roles: ConvertedRole[] = [];
  const changes: Change[] = [];
  for (const one of stay) {
    if (!one.delegation) continue;
    if (one.outside > 0)
      notes.push(`${one.role}: ${countTargets(one.outside)} outside its paths, which no client takes`);
    if (one.delegation.paths.length === 0) {
      notes.push(`${one.role} is left out: it may hold no names`);
      continue;
    }
    const below = stay.filter(({ role }) => isAtOrBelow(dialect, role, [one.role]));
    const held = below.flatMap(({ targets }) => [...targets.keys()]);
    const { role, narrowed } = convertRole(source, into, one, held, depth);
    if (narrowed) notes.push(narrowed);
    roles.push(role);
    changes.push(...delegationChanges(role));
  }
  const holding = present
    .filter(({ delegation }) => delegation === null || delegation.paths.length > 0)
    .map(({ role, delegation, targets }) => ({
      ...{ from: role, targets },
      role: delegation === null || merged(role) ? 'targets' : roleNameFromNotary(role),
    }));
  changes.push(...targetChanges(source.name, into, holding, notes));
  return { roles, changes, notes };
}

function checkNamed(
  { name }: ConversionSource,
  all: readonly SeenRole[],
  { without, merge }: Departures,
): void {
  for (const role of [...without, ...merge]) {
    const known = all.some((one) => one.role === role && one.delegation !== null);
    const twice = without.includes(role) && merge.includes(role);
    if (!known || twice)
      throw usage(
        'CONVERT-ROLE',
        twice ? 'a role cannot be left out and merged' : 'there is no such delegation',
        {
          found: role,
          where: name,
          hint: 'delegation list shows the roles that there are',
        },
      );
  }
}

function checkBroken(
  { name, broken }: ConversionSource,
  present: readonly SeenRole[],
  { merge }: Departures,
): void {
  const found = broken.find(({ role }) => present.some((one) => one.role === role));
  if (found)
    throw refused('CONVERT-ROLE', `no client reads a delegated role: ${found.message}`, {
      found: found.role,
      where: name,
      hint: merge.includes(found.role)
        ? 'have it signed by its keys before, or leave it out: --without'
        : `have it signed by its keys before, or leave it out: --without ${found.role}`,
    });
}

function convertRole(
  { name }: ConversionSource,
  into: Dialect,
  { role: from, parent, delegation, targets }: SeenRole,
  held: readonly string[],
  depth: number,
): { role: ConvertedRole; narrowed: string | null } {
  const where = `${name} ${from}`;
  const { paths = [], keys: listed = [], threshold = 1 } = delegation ?? {};
  const unclear = paths.find((path) => !meansItself(path));
  if (unclear !== undefined)
    throw refused('CONVERT-PATHS', 'a path cannot be said as a pattern that every client reads alike', {
      found: JSON.stringify(unclear.slice(0, 120)),
      where,
      hint: `change the delegation before, or say --merge ${from} or --without ${from}`,
    });
  // A key that is listed bare and in a certificate is one key.
  const keys = [...new Map(listed.map((key) => [key.canonicalId, key])).values()].filter((key) => key.public);
  if (keys.length < threshold)
    throw refused('CONVERT-KEYS', 'the role has too few keys that anybody can verify with', {
      expected: String(threshold),
      found: String(keys.length),
      where,
      hint: `say --merge ${from} or --without ${from}`,
    });
  const role = roleNameFromNotary(from);
  for (const key of keys) if (key.public) into.scheme(key.public.algorithm, role);
  const converted = namesFromNotary(paths, held, depth);
  return {
    role: {
      ...{ from, role, names: converted.names, threshold, keys, targets: targets.size },
      parent: parent === null || parent === 'targets' ? 'targets' : roleNameFromNotary(parent),
    },
    narrowed:
      converted.depth === null
        ? null
        : `${role} may hold less than before: of names that begin with ${paths.join(', ')} only those with up to ${String(converted.depth)} more slashes`,
  };
}

function delegationChanges({ role, parent, names, threshold, keys }: ConvertedRole): Change[] {
  const { paths, hashPrefixes } = names;
  return [
    { type: 'delegation-add', role, parent, paths, hashPrefixes, terminating: false },
    ...keys.map(({ public: key }): Change => {
      const value = toBase64(key?.spki ?? new Uint8Array());
      return { type: 'key-add', role, key: { form: 'public', value } };
    }),
    ...(threshold > 1 ? [{ type: 'threshold', role, threshold } satisfies Change] : []),
  ];
}
