import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { unavailable, usage } from '../../errors.ts';
import type { MergedRepository } from '../../exchange/merge-responses.ts';
import { trackRole, type TrackedRole } from '../../exchange/tracker.ts';
import { writeOut } from '../../station/files/outgoing.ts';
import { checkFollowed, finalFiles } from './final-files.ts';
import type { PublishPorts } from './publish.ts';
import { signHere } from './sign-here.ts';
import type { OnlineStation } from '../station.ts';
import { fileName } from '../tuf-repository/file-name.ts';
import { withAnswers } from './with-answers.ts';

/** The signed files of one repository, written for whoever runs it. */
export interface HandedOver {
  readonly request: string;
  readonly name: string;
  readonly state: 'complete' | 'incomplete' | 'refused';
  /** Roles that anybody signed. */
  readonly files: readonly { readonly role: string; readonly version: number; readonly file: string }[];
  readonly signatures: readonly TrackedRole[];
  /** Check ID or reason code of a refusal. */
  readonly reason: string | null;
}

/**
 * Writes what was answered to a request into a folder, as the files that a repository would serve, without publishing
 * it: for a repository that others run. Incomplete files are written too, since others may hold the keys that are
 * missing. The request stays open until what it asked for is read where the repository lives.
 *
 * @throws PUBLISH-TO (exit 2) without a file, or for a request of several repositories, FILE-EXISTS (exit 2), BUNDLE-*, EXCHANGE-*
 */
export async function handOver(
  station: OnlineStation,
  files: readonly string[],
  folder: string,
  { signers }: Pick<PublishPorts, 'signers'>,
): Promise<HandedOver> {
  if (files.length === 0)
    throw usage('PUBLISH-TO', 'no file was given that holds signatures', {
      hint: 'countersign publish RESPONSE... --to DIR',
    });
  return withAnswers(station, files, async ({ request, repositories }, accept) => {
    const [only] = repositories;
    if (!only || repositories.length > 1)
      throw usage('PUBLISH-TO', 'the request is for several repositories, whose files have the same names', {
        found: repositories.map(({ reading }) => reading.record.name).join(', '),
        hint: 'export the repository alone: countersign export NAME -o FILE',
      });
    accept();
    const [signed = only] = await signHere(station, request.digest, [only], signers);
    return { request: request.digest, ...write(station, signed, folder) };
  });
}

function write(
  station: OnlineStation,
  repository: MergedRepository,
  folder: string,
): Omit<HandedOver, 'request'> {
  const { reading, roles } = repository;
  const { name } = reading.record;
  const signatures = roles.map((role) => trackRole(role, (id) => station.holders.get(id) ?? null));
  const refused = roles.find((role) => role.refused !== null);
  if (refused) return { name, state: 'refused', files: [], signatures, reason: refused.refused };
  const contents = finalFiles(repository);
  const complete = roles.every(({ missing }) => missing === 0);
  if (complete) {
    const context = { repository: name, now: station.now * 1000 };
    checkFollowed(reading.dialect, reading.base, contents, context);
  }
  makeFolder(folder);
  const written = roles
    .filter((role) => role.signatures.length > 0)
    .map(({ role: { role, version } }) => {
      const file = join(folder, fileName(role, version));
      const bytes = contents.get(role) as Uint8Array;
      writeOut(file, [bytes], bytes.length);
      return { role, version, file };
    });
  return { name, state: complete ? 'complete' : 'incomplete', files: written, signatures, reason: null };
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (cause) {
    const found = (cause as NodeJS.ErrnoException).code ?? 'error';
    throw unavailable('MEDIA-WRITE', 'the folder cannot be made', { found, where: folder, cause });
  }
}
