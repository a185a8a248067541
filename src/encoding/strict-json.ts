import { refused } from '../errors.ts';
import { canonicalText, MAX_DEPTH } from './canonical-json.ts';
import type { Json } from './json.ts';
import { fromUtf8 } from './text.ts';

/** Values in one document: 100,000 targets hold about a million. */
const MAX_NODES = 20_000_000;
const INTEGER = /-?(?:0|[1-9][0-9]*)/y;
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const SPACE = /[ \t\n\r]*/y;
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

/**
 * Parses JSON (RFC 8259) from a source that may be hostile. Refused, each with check ID JSON-STRICT: bytes that
 * are not UTF-8, a byte order mark, duplicate members (after unescaping), numbers that are not safe integers in
 * plain form, -0, lone surrogates, more than 64 levels, anything after the value. Objects have no prototype.
 */
export function parseStrictJson(bytes: Uint8Array): Json {
  const text = fromUtf8(bytes);
  const value = new Reader(text).document();
  return value;
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
  if (canonicalText(value) !== text) throw refused('JSON-CANONICAL', 'not in canonical form');
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
    if (!this.text.isWellFormed()) this.fail('a lone surrogate');
    const value = this.value(0);
    this.space();
    if (this.at !== this.text.length) this.fail('something follows the value');
    return value;
  }

  private value(depth: number): Json {
    if (++this.nodes > MAX_NODES) this.fail('too many values');
    this.space();
    const char = this.text[this.at];
    if (char === '"') return this.string();
    if (char === '{') return this.object(depth + 1);
    if (char === '[') return this.array(depth + 1);
    if (char === 't') return this.word('true', true);
    if (char === 'f') return this.word('false', false);
    if (char === 'n') return this.word('null', null);
    return this.integer();
  }

  private object(depth: number): Json {
    this.enter(depth);
    const object = Object.create(null) as Record<string, Json>;
    if (this.skip('}')) return object;
    for (;;) {
      this.space();
      if (this.text[this.at] !== '"') this.fail('a member name was expected');
      const name = this.string();
      if (name in object) this.fail('a member occurs twice');
      if (!this.skip(':')) this.fail('":" was expected');
      object[name] = this.value(depth);
      if (this.skip('}')) return object;
      if (!this.skip(',')) this.fail('"," or "}" was expected');
    }
  }

  private array(depth: number): Json {
    this.enter(depth);
    const items: Json[] = [];
    if (this.skip(']')) return items;
    for (;;) {
      items.push(this.value(depth));
      if (this.skip(']')) return items;
      if (!this.skip(',')) this.fail('"," or "]" was expected');
    }
  }

  private enter(depth: number): void {
    if (depth > MAX_DEPTH) this.fail('nested too deeply');
    this.at++;
  }

  private string(): string {
    this.at++;
    let value = '';
    for (;;) {
      value += this.match(PLAIN) ?? '';
      const char = this.text[this.at++];
      if (char === '"') break;
      if (char !== '\\') this.fail('a string does not end, or holds a control character');
      const escape = this.text[this.at++] ?? '';
      if (escape === 'u') value += this.unicode();
      else value += SHORT[escape] ?? this.fail('an unknown escape');
    }
    if (!value.isWellFormed()) this.fail('a lone surrogate');
    return value;
  }

  private unicode(): string {
    const digits = this.text.slice(this.at, this.at + 4);
    if (!/^[0-9a-fA-F]{4}$/.test(digits)) this.fail('four hex digits were expected');
    this.at += 4;
    return String.fromCharCode(Number.parseInt(digits, 16));
  }

  private integer(): number {
    const digits = this.match(INTEGER);
    if (!digits) this.fail('a value was expected');
    if (/[.eE0-9]/.test(this.text[this.at] ?? '')) this.fail('a number is not a plain integer');
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
    this.space();
    if (this.text[this.at] !== char) return false;
    this.at++;
    return true;
  }

  private space(): void {
    const code = this.text.charCodeAt(this.at);
    if (code > 0x20) return;
    this.match(SPACE);
  }

  private match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    if (found !== undefined) this.at += found.length;
    return found;
  }

  private fail(message: string): never {
    throw refused('JSON-STRICT', message, { where: `character ${String(this.at)}` });
  }
}
