import type { KnownRepository } from '../../online/repositories/known-repository.ts';
import { escapeCut, show, showPath } from '../escape.ts';
import { table } from './table.ts';

/** What the station knows of a repository. */
export function repositoryLines({ name, dialect, place, roots, seen }: KnownRepository): string[] {
  return [
    `${show(name, 200)} (${dialect})`,
    place.kind === 'directory'
      ? `in the folder ${showPath(place.path)}`
      : `${place.kind === 'server' ? 'on the server' : 'read from'} ${escapeCut(place.url, 200)}`,
    '',
    ...(roots.length > 0
      ? ['roots that were verified here, the newest last']
      : ['no root was verified here yet']),
    ...roots.flatMap(({ version, expires, file, threshold, keyids }) => [
      `  root ${String(version)}, until ${expires}, signed by ${String(threshold)} of ${String(keyids.length)} keys`,
      `    file ${file}`,
      ...keyids.map((id) => `    key  ${escapeCut(id, 64)}`),
    ]),
    '',
    ...table(
      ['ROLE', 'VERSION', 'SHA-256 OF THE SIGNED BYTES'],
      seen.map(({ role, version, sha256 }) => [role, String(version), sha256]),
    ),
  ];
}
