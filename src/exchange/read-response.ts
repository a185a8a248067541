import type { RepositoryResponse, RequestManifest, ResponseManifest } from '../bundle/manifest.ts';
import { resultDocument, type ComputedRole, type ComputedSigner } from '../change/computed-role.ts';
import { sha256Hex } from '../encoding/hash.ts';
import { fromBase64, toHex } from '../encoding/text.ts';
import { refused } from '../errors.ts';
import type { Dialect, KeyContext } from '../metadata/dialect.ts';
import type { Signature } from '../metadata/document.ts';
import { closeRoles, type ReadFile, type RepositoryReading } from './read-request.ts';

/** One role of a response with its verified signatures. */
export interface AnsweredRole {
  readonly role: ComputedRole;
  readonly outcome: 'signed' | 'no-key' | 'refused';
  readonly check: string | null;
  readonly signatures: readonly Signature[];
  /** Signatures by distinct keys that are still missing. */
  readonly missing: number;
}

export interface RepositoryResponseReading {
  readonly reading: RepositoryReading;
  readonly answer: RepositoryResponse;
  readonly fills: ReadonlyMap<string, Uint8Array>;
  readonly roles: readonly AnsweredRole[];
}

/**
 * Binds a response to its request: digest, id, sender and recipient, the same repositories in the same order,
 * an outcome for every requested role (R6).
 *
 * @throws EXCHANGE-BINDING
 */
export function checkBinding(
  response: ResponseManifest,
  request: { readonly digest: string; readonly manifest: RequestManifest },
): void {
  const { manifest } = request;
  bind("the request's digest", request.digest, response.request.digest);
  bind("the request's sequence", String(manifest.sequence), String(response.request.sequence));
  bind("the request's id", manifest.id, response.id);
  bind('the environment', manifest.environment, response.environment);
  bind('the recipient', manifest.from.key, response.to.key);
  if (!manifest.to.some(({ key }) => key === response.from.key))
    throw refused('EXCHANGE-BINDING', 'the response comes from a station that the request was not sent to', {
      found: response.from.key,
    });
  bind(
    'the number of repositories',
    String(manifest.repositories.length),
    String(response.repositories.length),
  );
}

function bind(what: string, expected: string, found: string): void {
  if (expected !== found)
    throw refused('EXCHANGE-BINDING', `the response does not belong to the request: ${what} differs`, {
      expected,
      found,
      hint: 'publish the response that was made for this request, or export anew',
    });
}

/**
 * Verifies one repository of a response against the request as this station stored it: fills, recomputed closed
 * documents, and every signature.
 *
 * @throws EXCHANGE-BINDING, EXCHANGE-FILL, EXCHANGE-CONTENT, EXCHANGE-SIGNATURE
 */
export function readRepositoryResponse(
  reading: RepositoryReading,
  answer: RepositoryResponse,
  read: ReadFile,
): RepositoryResponseReading {
  const { record } = reading;
  bind('a repository', `${record.dialect} ${record.name}`, `${answer.dialect} ${answer.name}`);
  bind(`the record of ${record.name}`, reading.recordDigest, answer.record);
  bind(
    `the roles of ${record.name}`,
    record.result.map(({ role }) => role).join(' '),
    answer.roles.map(({ role }) => role).join(' '),
  );
  const fills = readFills(reading, answer, read);
  const closed = closeRoles(reading, fills);
  checkCertificates(reading, closed, answer);
  const roles = closed.map((role, index) => {
    const said = answer.roles[index] as RepositoryResponse['roles'][number];
    return readRole(reading, role, said, read);
  });
  return { reading, answer, fills, roles };
}

function readFills(
  reading: RepositoryReading,
  answer: RepositoryResponse,
  read: ReadFile,
): ReadonlyMap<string, Uint8Array> {
  const slots = new Map(reading.roles.flatMap((role) => role.slots.map((slot) => [slot.id, slot] as const)));
  const fillers = new Map(
    reading.record.result.flatMap((role) => role.slots.map((slot) => [slot.id, slot.station])),
  );
  const fills = new Map<string, Uint8Array>();
  for (const fill of answer.fills) {
    const slot = slots.get(fill.slot);
    if (slot?.kind !== fill.kind || fills.has(fill.slot))
      throw fillFault(reading, 'a fill does not belong to a slot of the request', fill.slot);
    const value = read(fill.value);
    const key = reading.dialect.readKey(slot.role, value, contextOf(reading));
    if (key.id !== fill.keyid) throw fillFault(reading, "a fill's key ID is not that of its key", fill.keyid);
    if (fill.by !== fillers.get(fill.slot))
      throw fillFault(reading, 'a slot was filled by another station than the request names', fill.by);
    fills.set(fill.slot, value);
  }
  const signs = answer.roles.some(({ outcome }) => outcome === 'signed');
  if (signs && fills.size !== slots.size)
    throw fillFault(reading, 'not every slot is filled', `${String(fills.size)} of ${String(slots.size)}`);
  return fills;
}

/** A certificate that is filled in speaks for this repository and no other (M5). */
function checkCertificates(
  reading: RepositoryReading,
  closed: readonly ComputedRole[],
  { fills }: RepositoryResponse,
): void {
  const root = closed.find(({ role, open }) => role === 'root' && !open);
  const shared = root ? reading.dialect.sharedRootKeys(resultDocument(root)) : [];
  for (const { id, name } of shared)
    if (fills.some(({ keyid }) => keyid === id))
      throw fillFault(reading, 'a certificate that was filled in is for other repositories too', name);
}

function fillFault(reading: RepositoryReading, message: string, found: string): Error {
  return refused('EXCHANGE-FILL', message, { found, where: reading.record.name });
}

function contextOf(reading: RepositoryReading): KeyContext {
  return { repository: reading.record.name, now: reading.now };
}

function readRole(
  reading: RepositoryReading,
  role: ComputedRole,
  said: RepositoryResponse['roles'][number],
  read: ReadFile,
): AnsweredRole {
  const where = `${reading.record.name} ${role.role}`;
  const signed = said.outcome === 'signed';
  if (
    said.version !== role.version ||
    signed !== said.signatures.length > 0 ||
    signed !== (said.document !== null)
  )
    throw refused('EXCHANGE-CONTENT', 'an outcome contradicts itself or the request', { where });
  if (!signed) {
    const missing = missingSignatures(role, []);
    return { role, outcome: said.outcome, check: said.check, signatures: [], missing };
  }
  const digest = sha256Hex(role.document);
  const found = sha256Hex(read(said.document as string));
  if (role.open || said.payload !== digest || found !== digest)
    throw refused('EXCHANGE-CONTENT', 'the signed document is not what the request and the fills lead to', {
      expected: digest,
      found,
      where,
    });
  const signatures = said.signatures.map(({ keyid, method, value }) => ({
    keyid,
    method,
    value: fromBase64(value),
  }));
  verifySignatures(reading.dialect, role, signatures, where);
  const missing = missingSignatures(role, signatures);
  return { role, outcome: 'signed', check: null, signatures, missing };
}

/**
 * In answers every signature must verify and belong to a quorum, and a key signs once in each (R10).
 *
 * @throws EXCHANGE-SIGNATURE
 */
export function verifySignatures(
  dialect: Dialect,
  role: ComputedRole,
  signatures: readonly Signature[],
  where: string,
): void {
  const seen = new Set<string>();
  for (const signature of signatures) {
    const signer = role.signers.find(({ keyid }) => keyid === signature.keyid);
    if (!signer?.key?.public)
      throw refused('EXCHANGE-SIGNATURE', 'a signature is by a key outside the role', {
        found: signature.keyid,
        where,
      });
    if (!dialect.isValid(signer.key, role.document, signature))
      throw refused('EXCHANGE-SIGNATURE', 'a signature does not verify', { found: signature.keyid, where });
    for (const identity of identitiesOf(signer)) {
      if (seen.has(identity))
        throw refused('EXCHANGE-SIGNATURE', 'one key signed twice', { found: signature.keyid, where });
      seen.add(identity);
    }
  }
}

/** A key within each quorum that it belongs to: two certificates over one key are one key there. */
function identitiesOf({ quorum, key }: ComputedSigner): string[] {
  const quorums = quorum === 'both' ? ['old', 'new'] : [quorum];
  const spki = key?.public ? toHex(key.public.spki) : '';
  return quorums.map((one) => `${one} ${spki}`);
}

/** How many more distinct keys must sign before both quorums are complete. */
export function missingSignatures(
  role: ComputedRole,
  signatures: readonly Pick<Signature, 'keyid'>[],
): number {
  const signed = new Set(signatures.map(({ keyid }) => keyid));
  const identities = new Set(role.signers.filter(({ keyid }) => signed.has(keyid)).flatMap(identitiesOf));
  const has = (quorum: string): number => [...identities].filter((one) => one.startsWith(quorum)).length;
  // A signature that completes both is missed once.
  return Math.max(0, role.needs.old - has('old'), role.needs.new - has('new'));
}
