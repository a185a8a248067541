import { usage } from '../../errors.ts';
import { fromUtf8 } from '../../encoding/text.ts';

/**
 * The part of a PKCS#11 URI (RFC 7512) that we understand: which token, which key, which module, where the PIN
 * file is. Values are decoded; `id` is hex. Left out means "any".
 */
export interface TokenUri {
  readonly token?: string;
  readonly manufacturer?: string;
  readonly serial?: string;
  readonly model?: string;
  /** CKA_ID, lower-case hex. */
  readonly id?: string;
  /** CKA_LABEL. */
  readonly object?: string;
  /** Absolute path; still to be compared with the station's allow-list. */
  readonly modulePath?: string;
  /** Absolute path of a PIN file. */
  readonly pinSource?: string;
}

type Field = keyof TokenUri;
type Parts = Partial<Record<Field, string>>;

/** Name in the URI, field, and the most bytes that PKCS#11 has for it; in the order of the canonical form. */
const PATH: readonly (readonly [string, Field, number])[] = [
  ['token', 'token', 32],
  ['manufacturer', 'manufacturer', 32],
  ['serial', 'serial', 16],
  ['model', 'model', 16],
  ['id', 'id', 255],
  ['object', 'object', 255],
];
const QUERY: readonly (readonly [string, Field, number])[] = [
  ['module-path', 'modulePath', 4096],
  ['pin-source', 'pinSource', 4096],
];
/** Raw characters that RFC 7512 allows in a value; in a query also `/`, `?` and `|`. */
const PATH_VALUE = /^(?:[A-Za-z0-9\-._~:[\]@!$'()*+,=&]|%[0-9A-Fa-f]{2})+$/;
const QUERY_VALUE = /^(?:[A-Za-z0-9\-._~:[\]@!$'()*+,=/?|]|%[0-9A-Fa-f]{2})+$/;

const CONTROL = /[\u0000-\u001f\u007f]/;

/**
 * Parses a URI that names a token or a key in one.
 *
 * @throws CountersignError TOKEN-URI (exit 2) for bad syntax, unknown or repeated attributes, `slot-id`, a type
 *   other than private, a module path or PIN source that is not an absolute file; TOKEN-URI-PIN for `pin-value`
 */
export function parseTokenUri(text: string): TokenUri {
  const [scheme, ...rest] = text.split(':');
  if (scheme?.toLowerCase() !== 'pkcs11' || rest.length === 0)
    throw malformed('not a PKCS#11 URI', 'it starts with "pkcs11:"');
  const body = rest.join(':');
  const question = body.indexOf('?');
  const path = question < 0 ? body : body.slice(0, question);
  const query = question < 0 ? [] : body.slice(question + 1).split('&');
  const uri: Parts = {};
  const seen = new Set<string>();
  for (const part of path === '' ? [] : path.split(';')) addPathAttribute(uri, seen, part);
  for (const part of query) addQueryAttribute(uri, seen, part);
  return uri;
}

/** {@link parseTokenUri} of a URI that must name a key by `id` or `object`. */
export function parseKeyUri(text: string): TokenUri {
  const uri = parseTokenUri(text);
  if (uri.id === undefined && uri.object === undefined) throw malformed('names no key', 'an id or an object');
  return uri;
}

/** The canonical form: fixed order, upper-case hex, `id` fully encoded. */
export function formatTokenUri(uri: TokenUri): string {
  const path = PATH.flatMap(([name, field]) => {
    const value = uri[field];
    if (value === undefined) return [];
    return `${name}=${field === 'id' ? encodeBytes(Buffer.from(value, 'hex')) : encodeText(value, '')}`;
  });
  if (uri.id !== undefined || uri.object !== undefined) path.push('type=private');
  const query = QUERY.flatMap(([name, field]) => {
    const value = uri[field];
    return value === undefined
      ? []
      : `${name}=${field === 'pinSource' ? 'file:' : ''}${encodeText(value, '/')}`;
  });
  return `pkcs11:${path.join(';')}${query.length > 0 ? `?${query.join('&')}` : ''}`;
}

function addPathAttribute(uri: Parts, seen: Set<string>, part: string): void {
  const [name, value] = split(part, PATH_VALUE, seen);
  if (name === 'type') {
    if (value !== 'private') throw malformed('only private keys can be named', 'type=private');
    return;
  }
  const known = PATH.find(([attribute]) => attribute === name);
  if (known === undefined) throw unknown(name);
  const [, field, most] = known;
  const bytes = decode(value);
  if (bytes.length > most)
    throw malformed(`the value of ${name} is too long`, `at most ${String(most)} bytes`);
  uri[field] = field === 'id' ? bytes.toString('hex') : textOf(name, bytes);
}

function addQueryAttribute(uri: Parts, seen: Set<string>, part: string): void {
  // Before anything else, and without its value: what was typed here is a secret.
  if (/^pin-value(?:=|$)/i.test(part))
    throw usage('TOKEN-URI-PIN', 'a PKCS#11 URI must not hold a PIN', {
      expected: 'no pin-value',
      hint: 'change the PIN, since it is now in the history of the shell, and give it at the prompt or by --pin-file',
    });
  const [name, value] = split(part, QUERY_VALUE, seen);
  const known = QUERY.find(([attribute]) => attribute === name);
  if (known === undefined) throw unknown(name);
  const [, field, most] = known;
  const text = textOf(name, decode(value));
  const file = field === 'pinSource' ? text.replace(/^file:(?:\/\/(?=\/))?/, '') : text;
  if (!file.startsWith('/') || file.startsWith('//') || Buffer.byteLength(file) > most)
    throw malformed(`the value of ${name} is not an absolute path`, `${name}=/path`);
  uri[field] = file;
}

function split(part: string, allowed: RegExp, seen: Set<string>): [string, string] {
  const equals = part.indexOf('=');
  const name = equals < 0 ? part : part.slice(0, equals);
  if (!/^[a-z-]{1,40}$/.test(name)) throw malformed('an attribute has no proper name', 'name=value');
  if (seen.has(name)) throw malformed(`the attribute ${name} occurs twice`, 'each attribute at most once');
  seen.add(name);
  const value = part.slice(equals + 1);
  if (equals < 0 || !allowed.test(value))
    throw malformed(
      `the value of ${name} is empty or not encoded`,
      'percent-encoding of all but plain characters',
    );
  return [name, value];
}

function decode(value: string): Buffer {
  const bytes: Buffer[] = [];
  for (const [piece] of value.matchAll(/%[0-9A-Fa-f]{2}|[^%]+/g))
    bytes.push(piece.startsWith('%') ? Buffer.from(piece.slice(1), 'hex') : Buffer.from(piece, 'latin1'));
  return Buffer.concat(bytes);
}

function textOf(name: string, bytes: Buffer): string {
  let text: string;
  try {
    text = fromUtf8(bytes);
  } catch (cause) {
    throw usage('TOKEN-URI', `the value of ${name} is not UTF-8`, { cause });
  }
  if (CONTROL.test(text)) throw malformed(`the value of ${name} holds a control character`, 'printable text');
  return text;
}

function encodeText(text: string, plain: string): string {
  return Array.from(Buffer.from(text, 'utf8'), (byte) => {
    const char = String.fromCharCode(byte);
    return /[A-Za-z0-9\-._~]/.test(char) || (plain !== '' && char === plain)
      ? char
      : encodeBytes(Buffer.of(byte));
  }).join('');
}

function encodeBytes(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');
}

function unknown(name: string): Error {
  return usage('TOKEN-URI', `the attribute ${name} is not accepted`, {
    expected: 'token, manufacturer, serial, model, id, object, type=private; module-path, pin-source',
    hint: 'name a token by its label and serial: slot numbers change',
  });
}

function malformed(message: string, expected: string): Error {
  return usage('TOKEN-URI', message, { expected, hint: 'as pkcs11:token=LABEL;serial=SERIAL' });
}
