import { refused } from '../../errors.ts';
import { canonicalText } from '../../encoding/canonical-json.ts';
import { canonicalEnd } from '../../encoding/canonical-scan.ts';
import { isObject, type Json, type JsonObject } from '../../encoding/json.ts';
import { cutMember } from '../../encoding/json-spans.ts';
import { fromBase64, fromUtf8, toBase64, toUtf8 } from '../../encoding/text.ts';
import { parseGoTime } from '../../encoding/time.ts';
import type { Signature, SignedDocument } from '../document.ts';
import { readContent } from '../signed-content.ts';

/** What Go's JSON encoder escapes inside strings, so that a file is not equal to the bytes that are signed. */
const GO_ESCAPED = /[<>&\u2028\u2029]/g;
const GO_ESCAPED_BYTES = ['<', '>', '&', '\u2028', '\u2029'].map((character) => Buffer.from(character));

/** The text of a file before its payload. */
const HEAD = '{"signed":';

/** Versions that every store can hold (SQL: a signed 32-bit column). */
const MAX_VERSION = 2_147_483_647;

const TYPES: Readonly<Record<string, string>> = {
  root: 'Root',
  snapshot: 'Snapshot',
  timestamp: 'Timestamp',
};

/** `_type` of a role's document: delegated roles are `Targets` too. */
export function typeOf(role: string): string {
  return TYPES[role] ?? 'Targets';
}

/** The file that Go's implementation would write for a payload and its signatures (R16). */
export function writeFile(payload: Uint8Array, signatures: readonly Signature[]): Uint8Array {
  return toUtf8(fileText(Buffer.from(payload).toString('utf8'), signatures));
}

function fileText(payload: string, signatures: readonly Signature[]): string {
  return `${HEAD}${goEscape(payload)}${tail(signatures)}`;
}

/** The text of a file behind its payload. */
function tail(signatures: readonly Signature[]): string {
  const list = signatures.map(
    (s) => `{"keyid":"${s.keyid}","method":"${s.method}","sig":"${toBase64(s.value)}"}`,
  );
  return `,"signatures":[${list.join(',')}]}`;
}

function goEscape(text: string): string {
  return text.replace(GO_ESCAPED, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/**
 * Reads a Notary file. It is rebuilt from what it was understood to say and compared byte for byte, which
 * refuses in one step duplicate members, floats, white space, unknown members of the envelope, and every form
 * that a server would hash differently (facts of the Go implementation, R5 and R16).
 *
 * @throws METADATA-FORM
 */
export function parseFile(role: string, file: Uint8Array): SignedDocument {
  const text = fromUtf8(file);
  const { payload, signatures } = readPlain(role, file) ?? readEncoded(role, text);
  const content = readContent(payload, typeOf(role) === 'Targets');
  return { role, ...readCommon(role, content.signed), ...content, payload, signatures, outside: {}, file };
}

type Envelope = Pick<SignedDocument, 'payload' | 'signatures'>;

/** A file in which the payload stands as it is signed; null says nothing. No value is made of the payload. */
function readPlain(role: string, file: Uint8Array): Envelope | null {
  const cut = cutMember(file, 'signed', canonicalEnd);
  if (cut?.before.toString() !== HEAD || GO_ESCAPED_BYTES.some((bytes) => cut.value.includes(bytes)))
    return null;
  const after = cut.after.toString();
  const { signatures } = readEnvelope(role, `${HEAD}{}${after}`);
  return after === tail(signatures) ? { payload: cut.value, signatures } : null;
}

function readEncoded(role: string, text: string): Envelope {
  const { signed, signatures } = readEnvelope(role, text);
  const payload = canonicalText(signed);
  if (fileText(payload, signatures) === text) return { payload: toUtf8(payload), signatures };
  throw form(role, 'the bytes are not what a Notary client would write for this content');
}

function readEnvelope(role: string, text: string): { signed: JsonObject; signatures: Signature[] } {
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch (cause) {
    throw refused('METADATA-FORM', `${role} is not JSON`, { where: role, cause });
  }
  if (!isObject(value) || !isObject(value['signed']) || !Array.isArray(value['signatures']))
    throw form(role, 'not an envelope of "signed" and "signatures"');
  return {
    signed: value['signed'],
    signatures: (value['signatures'] as Json[]).map((s) => readSignature(role, s)),
  };
}

function readSignature(role: string, value: Json): Signature {
  if (!isObject(value)) throw form(role, 'a signature is not an object');
  const { keyid, method, sig } = value;
  if (typeof keyid !== 'string' || !/^[0-9a-f]{64}$/.test(keyid))
    throw form(role, 'a key ID is not 64 hex digits');
  if (typeof method !== 'string' || !/^[a-z0-9# -]{1,40}$/.test(method))
    throw form(role, 'an unknown method');
  if (typeof sig !== 'string') throw form(role, 'a signature has no value');
  return { keyid, method, value: fromBase64(sig) };
}

/** Members that every role has (version, expiry), checked as Notary 0.7 checks them. */
export function readCommon(role: string, signed: JsonObject): { version: number; expires: number } {
  const { _type, version, expires } = signed;
  if (_type !== typeOf(role)) throw form(role, `"_type" is not "${typeOf(role)}"`);
  if (typeof version !== 'number' || version < 1 || version > MAX_VERSION)
    throw form(role, 'the version is not between 1 and 2147483647');
  if (typeof expires !== 'string') throw form(role, '"expires" is not a time');
  return { version, expires: parseGoTime(expires) };
}

/** A refusal that says which role's file is not well formed. */
export function form(role: string, message: string): Error {
  return refused('METADATA-FORM', message, { where: role });
}
