import { CountersignError, refused } from '../../errors.ts';
import { canonicalText, compareUtf8 } from '../../encoding/canonical-json.ts';
import { canonicalEnd } from '../../encoding/canonical-scan.ts';
import { isObject, type Json, type JsonObject } from '../../encoding/json.ts';
import { cutMember, valueEnd } from '../../encoding/json-spans.ts';
import { parseStrictJson } from '../../encoding/strict-json.ts';
import { fromUtf8, toHex, toUtf8 } from '../../encoding/text.ts';
import { parseGoTime } from '../../encoding/time.ts';
import type { Signature, SignedDocument } from '../document.ts';
import { jsonOfCanonical } from '../../encoding/json-text.ts';
import { readContent } from '../signed-content.ts';
import { TOP_LEVEL } from './names.ts';

/** The specification that new documents follow. */
export const SPEC_VERSION = '1.0.33';

/** Versions that every store can hold (SQL: a signed 32-bit column). */
const MAX_VERSION = 2_147_483_647;
const MAX_KEY_ID = 255;
/** Hex digits; RSA of 4,096 bits has 1,024, and signatures of kinds that we do not know may be larger. */
const MAX_SIGNATURE = 65_536;

/** `_type` of a role's document: delegated roles are targets too. */
export function typeOf(role: string): string {
  return TOP_LEVEL.includes(role) ? role : 'targets';
}

/** The file of a payload and its signatures: JSON with members in order and without white space. */
export function writeFile(
  payload: Uint8Array,
  signatures: readonly Signature[],
  outside: JsonObject,
): Uint8Array {
  return toUtf8(fileText(Buffer.from(payload).toString('utf8'), signatures, outside));
}

function fileText(payload: string, signatures: readonly Signature[], outside: JsonObject): string {
  const { before, after } = around(signatures, outside);
  return `${before}${jsonOfCanonical(payload)}${after}`;
}

/** The text of a file before and after its payload. */
function around(
  signatures: readonly Signature[],
  outside: JsonObject,
): { readonly before: string; readonly after: string } {
  const list = signatures.map(({ keyid, value }) => canonicalText({ keyid, sig: toHex(value) }));
  const members: [string, string][] = Object.entries(outside).map(([name, value]) => [
    name,
    canonicalText(value),
  ]);
  members.push(['signatures', `[${list.join(',')}]`], ['signed', '']);
  members.sort(([a], [b]) => compareUtf8(a, b));
  const at = members.findIndex(([name]) => name === 'signed') + 1;
  const text = (some: typeof members): string =>
    jsonOfCanonical(some.map(([name, value]) => `${canonicalText(name)}:${value}`).join(','));
  const after = text(members.slice(at));
  return { before: `{${text(members.slice(0, at))}`, after: `${after && `,${after}`}}` };
}

/**
 * Reads a TUF file. What it means is read strictly, its form (white space, order of members) is free. A signature
 * that is empty is a placeholder, as tools write for keys that have not signed yet, and is left out. Nobody knows
 * before a key is looked up how a signature was made: its `method` is empty.
 *
 * @throws METADATA-FORM, ENCODING-TIME
 */
export function parseFile(role: string, file: Uint8Array): SignedDocument {
  const text = fromUtf8(file);
  const { payload, signatures, outside } = readOurs(role, text, file) ?? readStrictly(role, file);
  const content = readContent(payload, typeOf(role) === 'targets');
  return { role, ...readCommon(role, content.signed), ...content, payload, signatures, outside, file };
}

type Envelope = Pick<SignedDocument, 'payload' | 'signatures' | 'outside'>;

/**
 * A file that is what we would write, or null. The engine's own reader is several times faster than the strict one,
 * and whatever it overlooks is not in the file that is written again. Of most payloads no value is made at all.
 */
function readOurs(role: string, text: string, file: Uint8Array): Envelope | null {
  if (!/^\{"[^"\\]*":[[{"]/.test(text)) return null;
  const plain = cutMember(file, 'signed', canonicalEnd);
  const cut = plain ?? cutMember(file, 'signed', valueEnd);
  if (!cut) return null;
  try {
    const [before, after] = [cut.before.toString(), cut.after.toString()];
    const { signatures, outside } = readEnvelope(role, JSON.parse(`${before}{}${after}`) as Json);
    const expected = around(signatures, outside);
    if (before !== expected.before || after !== expected.after) return null;
    const payload = plain ? plain.value : canonicalOf(cut.value.toString());
    return payload && { payload, signatures, outside };
  } catch {
    // The strict reader says what is wrong, and where.
    return null;
  }
}

/** The canonical form of JSON that was written from it; else null. */
function canonicalOf(text: string): Uint8Array | null {
  const payload = canonicalText(JSON.parse(text) as Json);
  return jsonOfCanonical(payload) === text ? toUtf8(payload) : null;
}

function readStrictly(role: string, file: Uint8Array): Envelope {
  try {
    const { signed, ...envelope } = readEnvelope(role, parseStrictJson(file));
    return { payload: toUtf8(canonicalText(signed)), ...envelope };
  } catch (cause) {
    if (!(cause instanceof CountersignError) || cause.check !== 'JSON-STRICT') throw cause;
    throw refused('METADATA-FORM', `not JSON that all read alike: ${cause.message}`, {
      where: cause.where === undefined ? role : `${role}, ${cause.where}`,
      cause,
    });
  }
}

function readEnvelope(role: string, value: Json): Pick<SignedDocument, 'signed' | 'signatures' | 'outside'> {
  if (!isObject(value)) throw form(role, 'not an object');
  const { signed, signatures, ...outside } = value;
  if (!isObject(signed) || !Array.isArray(signatures))
    throw form(role, 'not an envelope of "signed" and "signatures"');
  return { signed, signatures: readSignatures(role, signatures as readonly Json[]), outside };
}

function readSignatures(role: string, list: readonly Json[]): Signature[] {
  const seen = new Set<string>();
  return list.flatMap((entry) => {
    const { keyid, sig } = isObject(entry) ? entry : {};
    if (typeof keyid !== 'string' || !isKeyId(keyid)) throw form(role, 'a signature has no key ID');
    if (typeof sig !== 'string' || sig.length > MAX_SIGNATURE || !/^(?:[0-9a-fA-F]{2})*$/.test(sig))
      throw form(role, 'a signature is not hex');
    if (seen.has(keyid)) throw form(role, 'two signatures under one key ID');
    seen.add(keyid);
    return sig === '' ? [] : [{ keyid, method: '', value: Buffer.from(sig, 'hex') }];
  });
}

/** Key IDs are whatever a repository has used so far (specification 4.2: clients do not compute them). */
export function isKeyId(id: string): boolean {
  return id.length > 0 && id.length <= MAX_KEY_ID && !/[\u0000-\u001f\u007f-\u009f]/.test(id);
}

/** Members that every role has (specification 4.3). */
function readCommon(role: string, signed: JsonObject): { version: number; expires: number } {
  const { _type, spec_version, expires } = signed;
  if (_type !== typeOf(role)) throw form(role, `"_type" is not "${typeOf(role)}"`);
  if (typeof spec_version !== 'string' || !/^1(?:\.\d{1,4}){1,2}$/.test(spec_version))
    throw form(role, '"spec_version" is not 1.x or 1.x.y');
  if (typeof expires !== 'string') throw form(role, '"expires" is not a time');
  return { version: readVersion(role, signed['version']), expires: parseExpiry(expires) };
}

/** A version, of a document or of a listed file. */
export function readVersion(role: string, version: Json | undefined): number {
  if (typeof version !== 'number' || version < 1 || version > MAX_VERSION)
    throw form(role, `a version is not between 1 and ${String(MAX_VERSION)}`);
  return version;
}

/** The specification wants `YYYY-MM-DDTHH:MM:SSZ`; old tools wrote fractions and offsets, zeros among them. */
function parseExpiry(text: string): number {
  return parseGoTime(text.replace(/(\.\d*[1-9])0+(?=[Z+-])|\.0+(?=[Z+-])/, '$1').replace(/[+-]00:00$/, 'Z'));
}

/** A refusal that says which role's file is not well formed. */
export function form(role: string, message: string): Error {
  return refused('METADATA-FORM', message, { where: role });
}
