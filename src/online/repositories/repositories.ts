import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseStrictJson } from '../../encoding/strict-json.ts';
import { toUtf8 } from '../../encoding/text.ts';
import { usage } from '../../errors.ts';
import { dialectOf } from '../../metadata/dialects.ts';
import { replaceDurably } from '../../station/files/durable.ts';
import type { Home } from '../../station/home/home.ts';
import type { RepositoryEntry } from './place.ts';

const FILE = 'repositories.json';

/** Read once a command, since a request of a thousand repositories asks for each by name. */
const read = new WeakMap<Home, ReadonlyMap<string, RepositoryEntry>>();

/** Every repository of the station, by name. */
export function repositories(home: Home): RepositoryEntry[] {
  return [...entriesOf(home).values()];
}

function entriesOf(home: Home): ReadonlyMap<string, RepositoryEntry> {
  let entries = read.get(home);
  if (!entries) {
    entries = new Map(readEntries(home).map((entry) => [entry.name, entry]));
    read.set(home, entries);
  }
  return entries;
}

function readEntries(home: Home): RepositoryEntry[] {
  let bytes: Buffer;
  try {
    bytes = readFileSync(join(home.dir, FILE));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  return parseStrictJson(bytes) as unknown as RepositoryEntry[];
}

/** The repository of that name. @throws REPOSITORY-UNKNOWN (exit 2) */
export function repositoryNamed(home: Home, name: string): RepositoryEntry {
  const found = entriesOf(home).get(name);
  if (!found)
    throw usage('REPOSITORY-UNKNOWN', 'this station does not know the repository', {
      found: name,
      hint: `countersign repository add ${/^[!-~]+$/.test(name) ? name : 'NAME'} --server URL`,
    });
  return found;
}

/** Adds repositories, whole or not at all. @throws REPOSITORY-EXISTS (exit 2), NAME-REPOSITORY */
export function addRepositories(home: Home, added: readonly RepositoryEntry[]): void {
  const all = new Map(entriesOf(home));
  for (const entry of added) {
    dialectOf(entry.dialect).checkRepository(entry.name);
    const known = all.get(entry.name);
    if (known && JSON.stringify(known) !== JSON.stringify(entry))
      throw usage('REPOSITORY-EXISTS', 'the repository is known under another place', { found: entry.name });
    all.set(entry.name, entry);
  }
  write(home, [...all.values()]);
}

/** Forgets where a repository lives; what the ledger says of it stays. */
export function forgetRepository(home: Home, name: string): void {
  write(
    home,
    repositories(home).filter((entry) => entry.name !== name),
  );
}

function write(home: Home, entries: readonly RepositoryEntry[]): void {
  const sorted = [...entries].sort((a, b) => (a.name < b.name ? -1 : 1));
  replaceDurably(join(home.dir, FILE), toUtf8(JSON.stringify(sorted, null, 2)));
  read.delete(home);
}
