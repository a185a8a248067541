import { incomplete } from '../../errors.ts';
import type { RoleKeys } from '../../metadata/document.ts';
import type { SigningKey } from '../../signer/signer.ts';
import { repositoryKey } from '../../station/ledger/events.ts';
import { isOutstanding } from '../../station/ledger/outbox.ts';
import { repositories } from '../repositories/repositories.ts';
import type { OnlineStation } from '../station.ts';

interface Repository {
  readonly dialect: string;
  readonly name: string;
}

/**
 * The key of this station that is to sign a role of a new folder repository: the newest one for it, or that is free.
 *
 * @throws KEY-NONE (exit 4)
 */
export function onlineKey(station: OnlineStation, repository: Repository, role: string): SigningKey {
  const keys = candidates(station, repository, role);
  const found = keys.findLast(({ repository: bound }) => bound !== null) ?? keys.at(-1);
  if (found) return found;
  throw none(repository, `this station has no ${role} key for a folder repository`, role);
}

/**
 * The newest key of this station that a root does not declare yet.
 *
 * @throws KEY-NONE (exit 4)
 */
export function replacementKey(
  station: OnlineStation,
  repository: Repository,
  role: string,
  declared: RoleKeys,
): SigningKey {
  const found = candidates(station, repository, role).findLast(({ id }) => !isDeclared(declared, id));
  if (found) return found;
  throw none(
    repository,
    `this station has no other ${role} key than the present one`,
    `${role} --label TEXT`,
  );
}

/** A key of this station, and the ID under which a root lists it. */
export interface DeclaredOnlineKey {
  readonly id: string;
  readonly key: SigningKey;
}

/**
 * As many keys of this station as a root demands for a role.
 *
 * @param others what can be done where the keys are other people's
 * @throws KEY-NONE (exit 4)
 */
export function declaredOnlineKeys(
  station: OnlineStation,
  repository: Repository,
  role: string,
  declared: RoleKeys,
  others: string,
): DeclaredOnlineKey[] {
  const found = declaredHere(station, repository, role, declared);
  if (found) return found;
  throw incomplete('KEY-NONE', `the ${role} key that the root names is not at this station`, {
    expected: `${String(declared.threshold)} of ${declared.keys.map(({ canonicalId }) => canonicalId).join(' ')}`,
    where: repository.name,
    hint: `where others hold it, ${others}; key list shows the keys that are here, and key rotate ${repository.name} ${role} takes one of them`,
  });
}

/** As many keys of this station as a root demands for a role; null where they are not here. */
export function declaredHere(
  station: OnlineStation,
  repository: Repository,
  role: string,
  declared: RoleKeys,
): DeclaredOnlineKey[] | null {
  const own = candidates(station, repository, role);
  const found = declared.keys.flatMap(({ id, canonicalId }): DeclaredOnlineKey[] => {
    const key = own.find((one) => one.id === canonicalId);
    return key ? [{ id, key }] : [];
  });
  return found.length >= declared.threshold ? found.slice(0, declared.threshold) : null;
}

/** The key of this station that a root names for a role, if there is one. */
export function heldOnlineKey(
  station: OnlineStation,
  repository: Repository,
  role: string,
  declared: RoleKeys,
): SigningKey | undefined {
  return candidates(station, repository, role).findLast(({ id }) => isDeclared(declared, id));
}

/** Keys of this station that may sign for folders of which a request is on its way, the newest first. */
export function likelyOnlineKeys(station: OnlineStation): SigningKey[] {
  const open = new Set(
    [...station.outbox.requests.values()].flatMap(({ repositories: states }) =>
      [...states].flatMap(([key, state]) => (isOutstanding(state) ? [key] : [])),
    ),
  );
  const folders = new Set(
    repositories(station.home)
      .filter(({ place }) => place.kind === 'directory')
      .map(repositoryKey)
      .filter((key) => open.has(key)),
  );
  if (folders.size === 0) return [];
  return [...station.keys.keys.values()]
    .filter(
      ({ role, repository }) =>
        (role === 'snapshot' || role === 'timestamp') && (repository === null || folders.has(repository)),
    )
    .reverse();
}

/** In the order in which they came. */
function candidates(station: OnlineStation, repository: Repository, role: string): SigningKey[] {
  const key = repositoryKey(repository);
  return [...station.keys.keys.values()].filter(
    (one) => one.role === role && (one.repository === null || one.repository === key),
  );
}

function isDeclared({ keys }: RoleKeys, id: string): boolean {
  return keys.some(({ canonicalId }) => canonicalId === id);
}

function none({ name }: Repository, message: string, what: string): Error {
  return incomplete('KEY-NONE', message, {
    where: name,
    hint: `countersign key generate ${what} --keyfile`,
  });
}
