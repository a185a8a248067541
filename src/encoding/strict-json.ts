import { refused } from '../errors.ts';
import { canonicalText, MAX_DEPTH } from './canonical-json.ts';
import { isSurelyCanonical } from './canonical-scan.ts';
import type { Json } from './json.ts';
import { fromUtf8 } from './text.ts';
import { BACKSLASH, OPEN_LIST, OPEN_OBJECT, QUOTE } from './json-bytes.ts';

/** Values in one document: 100,000 targets hold about a million. */
const MAX_NODES = 20_000_000;
const INTEGER = /-?(?:0|[1-9][0-9]*)/y;
const SHORT: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

/** Objects without inherited members; made by a constructor they stay as fast as ordinary ones. */
const Bare = function () {
  // Nothing to set: only the prototype matters.
} as unknown as new () => Record<string, Json>;
Bare.prototype = Object.create(null) as Record<string, Json>;

/**
 * Parses JSON (RFC 8259) from a source that may be hostile. Refused, each with check ID JSON-STRICT: bytes that
 * are not UTF-8, a byte order mark, duplicate members (after unescaping), numbers that are not safe integers in
 * plain form, -0, lone surrogates, more than 64 levels, anything after the value. Objects have no prototype.
 */
export function parseStrictJson(bytes: Uint8Array): Json {
  return new Reader(fromUtf8(bytes)).document();
}

/**
 * Parses JSON whose bytes must be the canonical form of their own value (our own formats). Decoding, encoding
 * again and comparing refuses in one step everything that {@link parseStrictJson} refuses, and is faster.
 */
export function parseCanonicalJson(bytes: Uint8Array): Json {
  const text = fromUtf8(bytes);
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch (cause) {
    throw refused('JSON-STRICT', 'not JSON', { cause });
  }
  if (!isSurelyCanonical(bytes) && canonicalText(value) !== text)
    throw refused('JSON-CANONICAL', 'not in canonical form');
  return value;
}

class Reader {
  private at = 0;
  private nodes = 0;
  private readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  document(): Json {
    const value = this.value(0);
    if (!Number.isNaN(this.next())) this.fail('something follows the value');
    return value;
  }

  private value(depth: number): Json {
    if (++this.nodes > MAX_NODES) this.fail('too many values');
    switch (this.next()) {
      case QUOTE:
        return this.string();
      case OPEN_OBJECT:
        return this.object(depth + 1);
      case OPEN_LIST:
        return this.array(depth + 1);
      case 0x74:
        return this.word('true', true);
      case 0x66:
        return this.word('false', false);
      case 0x6e:
        return this.word('null', null);
      default:
        return this.integer();
    }
  }

  private object(depth: number): Json {
    this.enter(depth);
    const object = new Bare();
    if (this.skip('}')) return object;
    do {
      if (this.next() !== QUOTE) this.fail('a member name was expected');
      const name = this.string();
      if (name in object) this.fail('a member occurs twice');
      if (!this.skip(':')) this.fail('":" was expected');
      object[name] = this.value(depth);
    } while (this.skip(','));
    if (!this.skip('}')) this.fail('"," or "}" was expected');
    return object;
  }

  private array(depth: number): Json {
    this.enter(depth);
    const items: Json[] = [];
    if (this.skip(']')) return items;
    do items.push(this.value(depth));
    while (this.skip(','));
    if (!this.skip(']')) this.fail('"," or "]" was expected');
    return items;
  }

  private enter(depth: number): void {
    if (depth > MAX_DEPTH) this.fail('nested too deeply');
    this.at++;
  }

  private string(): string {
    let value = '';
    let start = ++this.at;
    for (;;) {
      const code = this.text.charCodeAt(this.at++);
      if (code === QUOTE) break;
      if (code === BACKSLASH) {
        value += this.text.slice(start, this.at - 1) + this.escape();
        start = this.at;
      } else if (!(code >= 0x20)) this.fail('a string does not end, or holds a control character');
    }
    const rest = this.text.slice(start, this.at - 1);
    if (value === '') return rest;
    value += rest;
    // Only an escape can be one half of a pair: the text came out of well-formed UTF-8.
    if (!value.isWellFormed()) this.fail('a lone surrogate');
    return value;
  }

  private escape(): string {
    const escape = this.text.charAt(this.at++);
    return escape === 'u' ? this.unicode() : (SHORT[escape] ?? this.fail('an unknown escape'));
  }

  private unicode(): string {
    const digits = this.text.slice(this.at, this.at + 4);
    if (!/^[0-9a-fA-F]{4}$/.test(digits)) this.fail('four hex digits were expected');
    this.at += 4;
    return String.fromCharCode(Number.parseInt(digits, 16));
  }

  private integer(): number {
    INTEGER.lastIndex = this.at;
    const digits = INTEGER.exec(this.text)?.[0];
    if (digits === undefined) this.fail('a value was expected');
    this.at += digits.length;
    if (/[.eE0-9]/.test(this.text.charAt(this.at))) this.fail('a number is not a plain integer');
    const value = Number(digits);
    if (!Number.isSafeInteger(value) || digits === '-0') this.fail('a number is not a safe integer');
    return value;
  }

  private word<T extends Json>(word: string, value: T): T {
    if (!this.text.startsWith(word, this.at)) this.fail('a value was expected');
    this.at += word.length;
    return value;
  }

  private skip(char: string): boolean {
    if (this.next() !== char.charCodeAt(0)) return false;
    this.at++;
    return true;
  }

  /** Code of the next character that is not white space; NaN at the end. */
  private next(): number {
    for (;;) {
      const code = this.text.charCodeAt(this.at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return code;
      this.at++;
    }
  }

  private fail(message: string): never {
    throw refused('JSON-STRICT', message, { where: `character ${String(this.at)}` });
  }
}
