import { readFileSync } from 'node:fs';
import type { AddChange } from '../../change/change.ts';
import type { Json } from '../../encoding/json.ts';
import { usage } from '../../errors.ts';
import { repositories, repositoryNamed } from '../repositories/repositories.ts';
import { addChanges, keepManifest, stageChanges } from './stage.ts';
import type { RepositoryEntry } from '../repositories/place.ts';
import type { OnlineStation } from '../station.ts';
import { hashFile, keepFile, sweepKeptFiles } from './kept-files.ts';
import type { Stores } from '../repositories/stores.ts';
import { targetRoles, type RoleOf } from './target-roles.ts';
import type { Environment } from '../credentials/credential.ts';
import { readTargetList } from './target-list.ts';

export interface AddResult {
  readonly repository: string;
  readonly added: readonly AddChange[];
  readonly staged: number;
}

/** What is to be said of a target beside its content. */
export interface AddOptions {
  /** None: where such targets belong. */
  readonly roles: readonly string[];
  readonly custom: Json | undefined;
}

/**
 * Stages a file's hashes. Where target files are served beside the metadata, what was hashed is kept in the home, and
 * put in its place when the metadata is published.
 *
 * @throws ADD-FILE, TARGET-PATH (exit 2)
 */
export async function addFile(
  station: OnlineStation,
  stores: Stores,
  gun: string,
  name: string,
  path: string,
  options: AddOptions,
): Promise<AddResult> {
  const entry = repositoryNamed(station.home, gun);
  sweepKeptFiles(station, entry);
  const served = stores.targetFiles(entry);
  served?.checkTargetPath(name);
  const { length, sha256, sha512 } = served
    ? await keepFile(station.home, entry, path)
    : await hashFile(path);
  const input = { name, length: String(length), sha256, sha512, ...options };
  const roleOf = await rolesOf(station, stores, entry, options.roles);
  return staged(station, gun, addChanges(entry, input, null, roleOf));
}

/**
 * Stages every line of a list in one go: for one repository, or for those that its `repository` column names.
 * Every line is checked before the first is staged.
 *
 * @throws LIST-FORM, ADD-REPOSITORY (exit 2)
 */
export async function addList(
  station: OnlineStation,
  stores: Stores,
  gun: string | undefined,
  path: string,
  roles: readonly string[],
): Promise<AddResult[]> {
  const places = new Map<string, RoleOf>();
  const known = new Map(repositories(station.home).map((entry) => [entry.name, entry]));
  const added = new Map<string, AddChange[]>();
  for (const input of readTargetList(path)) {
    const name = input.repository ?? gun;
    if (name === undefined || (gun !== undefined && name !== gun))
      throw usage('ADD-REPOSITORY', 'a line of the list belongs to no repository, or to another one', {
        expected: gun ?? 'a column "repository", or the repository as an argument',
        found: input.repository ?? 'none',
        where: input.name,
      });
    const entry = known.get(name) ?? repositoryNamed(station.home, name);
    const named = input.roles.length > 0 ? input : { ...input, roles };
    const roleOf = places.get(name) ?? (await rolesOf(station, stores, entry, named.roles));
    if (named.roles.length === 0) places.set(name, roleOf);
    const changes = addChanges(entry, named, null, roleOf);
    const list = added.get(name);
    if (list) list.push(...changes);
    else added.set(name, changes);
  }
  if (gun !== undefined && !added.has(gun)) added.set(repositoryNamed(station.home, gun).name, []);
  return [...added].map(([name, changes]) => staged(station, name, changes));
}

/** Stages an image's manifest as the registry serves it; the bytes are kept, to travel in the request. */
export async function addImage(
  station: OnlineStation,
  stores: Stores,
  gun: string,
  reference: string,
  options: AddOptions & { readonly ca: string | undefined; readonly environment: Environment },
): Promise<AddResult> {
  const entry = repositoryNamed(station.home, gun);
  const { resolveImage } = await import('../registry/resolve-image.ts');
  const ca = options.ca === undefined ? undefined : readFileSync(options.ca, 'utf8');
  const image = await resolveImage(reference, { ca, environment: options.environment });
  const input = {
    name: image.name,
    length: String(image.length),
    sha256: image.sha256,
    sha512: image.sha512,
    roles: options.roles,
    custom: options.custom,
  };
  const roleOf = await rolesOf(station, stores, entry, options.roles);
  return staged(station, gun, addChanges(entry, input, keepManifest(station, image.bytes), roleOf));
}

/** Where targets belong; nobody is asked where the roles are named. */
export function rolesOf(
  station: OnlineStation,
  stores: Stores,
  entry: RepositoryEntry,
  roles: readonly string[],
): Promise<RoleOf> {
  return roles.length > 0 ? Promise.resolve(() => 'targets') : targetRoles(station, stores, entry);
}

function staged(station: OnlineStation, repository: string, added: readonly AddChange[]): AddResult {
  return { repository, added, staged: stageChanges(station, repository, added) };
}
