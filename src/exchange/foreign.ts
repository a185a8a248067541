import { sha256Hex } from '../encoding/hash.ts';
import { CountersignError, refused } from '../errors.ts';
import type { Dialect } from '../metadata/dialect.ts';
import type { Signature, SignedDocument } from '../metadata/document.ts';
import type { MergedRepository, MergedRole } from './merge-responses.ts';
import { missingSignatures, verifySignatures } from './read-response.ts';

/** A metadata file that another tool signed; nothing of it is trusted. */
export interface ForeignFile {
  readonly sha256: string;
  readonly bytes: Uint8Array;
}

/**
 * Adds the signatures of files that other tools signed. A file says of itself neither for which repository nor for
 * which request it is: it belongs to every role whose closed document is, byte for byte, what it signs. Everything in
 * it must count: each signature by a key of the role, and valid (R10).
 *
 * @throws EXCHANGE-CONTENT for a file that signs nothing that the request leads to, or is not signed; EXCHANGE-SIGNATURE
 */
export function withForeign(
  repositories: readonly MergedRepository[],
  files: readonly ForeignFile[],
): readonly MergedRepository[] {
  return files.reduce(withFile, repositories);
}

/** Whether the file is about a role of one of these repositories. */
export function isForAny(repositories: readonly MergedRepository[], file: ForeignFile): boolean {
  const read = reader(file);
  return repositories.some(({ reading, roles }) =>
    roles.some((merged) => isFor(merged, read(reading.dialect, merged.role.role))),
  );
}

function withFile(repositories: readonly MergedRepository[], file: ForeignFile): MergedRepository[] {
  const read = reader(file);
  let matched = 0;
  const all = repositories.map((repository) => {
    const { dialect, record } = repository.reading;
    const roles = repository.roles.map((merged): MergedRole => {
      const document = read(dialect, merged.role.role);
      if (!document || !isFor(merged, document)) return merged;
      matched += 1;
      verifySignatures(dialect, merged.role, document.signatures, `${record.name} ${merged.role.role}`);
      return withAdded(merged, document.signatures);
    });
    return { ...repository, roles };
  });
  if (matched === 0) throw otherContent(repositories, file);
  return all;
}

function isFor({ role }: MergedRole, document: SignedDocument | null): boolean {
  return !role.open && document !== null && Buffer.compare(document.payload, role.document) === 0;
}

function withAdded(merged: MergedRole, added: readonly Signature[]): MergedRole {
  const known = new Set(merged.signatures.map(({ keyid }) => keyid));
  const elsewhere = [...merged.elsewhere, ...added.map(({ keyid }) => keyid).filter((id) => !known.has(id))];
  const signatures = [...merged.signatures, ...added];
  return { ...merged, signatures, elsewhere, missing: missingSignatures(merged.role, signatures) };
}

/** The file as a dialect reads it for a role, each way once; null where it is no such file. */
function reader(file: ForeignFile): (dialect: Dialect, role: string) => SignedDocument | null {
  const known = new Map<string, SignedDocument | null>();
  return (dialect, role) => {
    const name = `${dialect.name} ${role}`;
    const before = known.get(name);
    if (before !== undefined) return before;
    const document = parsed(dialect, role, file.bytes);
    known.set(name, document);
    return document;
  };
}

function parsed(dialect: Dialect, role: string, bytes: Uint8Array): SignedDocument | null {
  try {
    return dialect.parse(role, bytes);
  } catch (error) {
    if (error instanceof CountersignError) return null;
    throw error;
  }
}

function otherContent(repositories: readonly MergedRepository[], file: ForeignFile): Error {
  const roles = repositories.flatMap(({ reading, roles: own }) =>
    own.map(({ role }) => ({ dialect: reading.dialect, role })),
  );
  const read = reader(file);
  const [document] = roles.flatMap(({ dialect, role }) => read(dialect, role.role) ?? []);
  const open = roles.some(({ role }) => role.open);
  return refused('EXCHANGE-CONTENT', 'a metadata file signs nothing that the request leads to', {
    expected: roles
      .slice(0, 8)
      .map(({ role }) => `${role.role} ${role.open ? 'still open' : sha256Hex(role.document)}`)
      .join(', '),
    found: document
      ? `${document.role} ${String(document.version)} ${sha256Hex(document.payload)}`
      : 'no metadata of such a role',
    where: `file ${file.sha256}`,
    hint: open
      ? 'bring along the response of the station that made the new keys'
      : 'request payload writes what is to be signed, to the byte',
  });
}
