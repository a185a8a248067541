import { sha256Hex } from '../encoding/hash.ts';
import { incomplete, usage } from '../errors.ts';
import { finalFile } from '../exchange/final.ts';
import { withForeign } from '../exchange/foreign.ts';
import { openIncoming, withCopies } from './ledger/answers.ts';
import { answeredRepositories, openRequest } from './combining/foreign-metadata.ts';
import { openHome } from './home/home.ts';
import { withCopy } from './files/incoming.ts';
import { writeOut } from './files/outgoing.ts';

export interface PayloadOptions {
  readonly request: string;
  readonly role: string;
  /** What was answered so far: responses, and files of other tools. */
  readonly answers: readonly string[];
  /** Name of the repository; null where the request is for one. */
  readonly repository: string | null;
  /** Where the envelope goes: the metadata with the signatures that there are. */
  readonly out: string;
  /** Where the bytes go that a signature covers; null for nowhere. */
  readonly payload: string | null;
}

/** What another tool is to sign, as it was written. */
export interface WrittenPayload {
  readonly repository: string;
  readonly role: string;
  readonly version: number;
  /** SHA-256 of the bytes that a signature covers. */
  readonly sha256: string;
  readonly signatures: number;
  /** Keys that may sign, as the metadata lists them. */
  readonly keyids: readonly string[];
  readonly out: string;
}

/**
 * Writes what a request asks to be signed for one role as a metadata file that other tools sign, with the signatures
 * that were given so far; and, if wanted, the very bytes to be signed.
 *
 * @param now seconds since 1970
 * @throws PAYLOAD-ROLE (2), PAYLOAD-OPEN (4), FILE-EXISTS (2), BUNDLE-*, SEAL-*, EXCHANGE-*
 */
export async function writePayload(
  folder: string,
  options: PayloadOptions,
  now: number,
): Promise<WrittenPayload> {
  const home = await openHome(folder, { write: true });
  try {
    return await withCopy(options.request, home, false, (copy) =>
      withCopies(options.answers, home, false, async (copies) => {
        const request = await openRequest(home, copy.path);
        const { answers, foreign } = await openIncoming(home, copies);
        const repositories = withForeign(answeredRepositories(request, answers, now), foreign);
        return write(repositories, options);
      }),
    );
  } finally {
    home.close();
  }
}

function write(repositories: ReturnType<typeof withForeign>, options: PayloadOptions): WrittenPayload {
  const { role: wanted, repository, out, payload } = options;
  const named = repositories.filter(
    ({ reading }) => repository === null || reading.record.name === repository,
  );
  const found = named.flatMap(({ reading, roles }) =>
    roles.filter(({ role }) => role.role === wanted).map((merged) => ({ reading, merged })),
  );
  const [one] = found;
  if (!one || found.length > 1)
    throw usage(
      'PAYLOAD-ROLE',
      one ? 'several repositories have this role' : 'the request has no such role',
      {
        expected: named.flatMap(({ roles }) => roles.map(({ role }) => role.role)).join(', '),
        found: wanted,
        hint: 'name the repository: --repository NAME; bundle inspect shows what the request holds',
      },
    );
  const { reading, merged } = one;
  const { role, signatures } = merged;
  if (role.open)
    throw incomplete(
      'PAYLOAD-OPEN',
      'an offline station has not made the new keys yet: nobody can sign this',
      {
        where: `${reading.record.name} ${wanted}`,
        hint: 'sign there first, and give its response: request payload REQUEST ROLE RESPONSE -o FILE',
      },
    );
  const file = finalFile(reading.dialect, role.document, signatures, role.outside);
  writeOut(out, [file], file.length);
  if (payload !== null) writeOut(payload, [role.document], role.document.length);
  return {
    repository: reading.record.name,
    role: role.role,
    version: role.version,
    sha256: sha256Hex(role.document),
    signatures: new Set(signatures.map(({ keyid }) => keyid)).size,
    keyids: role.signers.map(({ keyid }) => keyid),
    out,
  };
}
