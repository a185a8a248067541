import type { Converted } from '../../online/convert/convert.ts';
import type { VerifiedArchive } from '../../online/convert/verify-archive.ts';
import { escapeCut, show, showPath } from '../escape.ts';
import { stagedLines } from './staged-view.ts';
import { wrapBehind } from './wrap.ts';

/** A new repository out of an old one: what is staged, who must sign each delegated role, and where the archive is. */
export function convertedLines(converted: Converted): string[] {
  const { roles, archive } = converted;
  return [
    ...stagedLines([converted]),
    ...roles.flatMap(({ from, role, threshold, targets, keys }) => [
      `${show(role, 80)} (was ${show(from, 80)}), ${String(targets)} in it, first signed by ${String(threshold)} of:`,
      ...keys.map(
        ({ id, station }) =>
          `    ${id.slice(0, 16)} ${station === null ? 'held by nobody known here' : `at ${show(station, 60)}`}`,
      ),
    ]),
    `archive of the old trust data, ${String(archive.files)} files: ${showPath(archive.path)}`,
    `  sha256 ${archive.sha256}`,
  ];
}

/** An archive whose proof chain holds. */
export function archiveLines(archive: VerifiedArchive): string[] {
  const { dialect, repository, time, sha256, trustedRoot, roles, broken } = archive;
  return [
    `whole, and every file follows from root ${String(trustedRoot.version)}`,
    `  repository ${show(repository, 200)} (${escapeCut(dialect, 20)}), read at ${time}`,
    `  archive    ${sha256}`,
    `  root ${String(trustedRoot.version)}`,
    `    sha256 ${trustedRoot.sha256}`,
    ...wrapBehind(
      '  ',
      'compare this with what came by another way: whoever wrote the archive chose that root',
    ),
    ...roles.map(
      (role) => `  ${escapeCut(role.role, 120)} ${String(role.version)} ${role.sha256.slice(0, 16)}`,
    ),
    ...broken.flatMap(({ role, message }) =>
      wrapBehind('  ! ', `${escapeCut(role, 120)}: ${escapeCut(message, 400)}`),
    ),
  ];
}
