import { canonicalBytes } from '../encoding/canonical-json.ts';
import type { Json, JsonObject } from '../encoding/json.ts';
import { memberSpans } from '../encoding/json-spans.ts';
import { valueOfCanonical } from '../encoding/json-text.ts';
import { BACKSLASH, CLOSE_LIST, COMMA, OPEN_LIST, OPEN_OBJECT, QUOTE } from '../encoding/json-bytes.ts';

/** Of `null`: no entry begins so. */
const NULL = 0x6e;
/** Entries of which values are made at once. */
const TOGETHER = 256;

/**
 * The entries of a targets document as they stand in its canonical form: a JSON object in bytes, and where each entry
 * begins in them. A hundred thousand entries are found, compared and replaced without a value being made of each.
 */
export class EntryTable {
  private readonly within: Buffer;
  private readonly from: number;
  /** Of each entry the offsets of its name and its value, and at last the end: what {@link memberSpans} gives. */
  private readonly spans: readonly number[];

  /** @param bytes canonical form, made or checked by the caller, of an object, or of a document with it inside */
  constructor(bytes: Uint8Array, start = 0) {
    const spans = memberSpans(bytes, start);
    if (!spans) throw new Error('entries that are not an object');
    this.within = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.from = start;
    this.spans = spans;
  }

  /** The object, in canonical form. */
  get bytes(): Buffer {
    return this.within.subarray(this.from, this.start(this.size));
  }

  get size(): number {
    return (this.spans.length - 1) / 2;
  }

  /** The value of one entry; undefined where there is none of that name. */
  get(name: string): Json | undefined {
    if (this.size === 0 || !name.isWellFormed()) return undefined;
    const quoted = canonicalBytes(name);
    const index = this.firstNotBefore(quoted, 0, 0);
    return this.hasName(index, quoted, 0) ? this.value(index) : undefined;
  }

  /** Names and values, in the order of names, without those entries that another table has byte for byte. */
  *entries(unlike: EntryTable = NO_ENTRIES): Generator<[string, Json]> {
    let from = 0;
    let other = 0;
    for (let index = 0; index < this.size; index++) {
      // names are compared only where entries differ
      let same = this.isSame(index, unlike, other);
      if (!same) {
        const name = this.start(index);
        while (other < unlike.size && compareNames(unlike.within, unlike.start(other), this.within, name) < 0)
          other++;
        same = this.isSame(index, unlike, other);
      }
      if (same) other++;
      else if (index - from < TOGETHER) continue;
      yield* this.decodedEntries(from, index);
      from = same ? index + 1 : index;
    }
    yield* this.decodedEntries(from, this.size);
  }

  /** Members of entries that are not among the given ones: the entry's name and the member's. */
  *otherMembers(known: readonly string[]): Generator<[string, string]> {
    const names = known.map((name) => canonicalBytes(name));
    for (let index = 0; index < this.size; index++) {
      const spans = memberSpans(this.within, this.valueStart(index)) ?? [];
      for (let at = 0; at + 1 < spans.length; at += 2) {
        const name = spans[at] as number;
        if (names.some((one) => compareNames(one, 0, this.within, name) === 0)) continue;
        const end = (spans[at + 1] as number) - 1;
        yield [this.name(index), decoded(this.within.subarray(name, end)) as string];
      }
    }
  }

  /** The canonical form of these entries with others put in or replaced, and (null) taken out. */
  with(changed: JsonObject): Buffer {
    // as deep as they will stand in the document
    const document = canonicalBytes({ entries: changed });
    const others = new EntryTable(document, document.indexOf(OPEN_OBJECT, 1));
    const runs = new Runs();
    let next = 0;
    for (let index = 0; index < others.size; index++) {
      const name = others.start(index);
      const at = this.firstNotBefore(others.within, name, next);
      runs.add(this.within, this.start(next), this.start(at));
      next = this.hasName(at, others.within, name) ? at + 1 : at;
      if (others.within[others.valueStart(index)] !== NULL)
        runs.add(others.within, name, others.start(index + 1));
    }
    runs.add(this.within, this.start(next), this.start(this.size));
    return runs.object();
  }

  /** Where an entry begins; of the index behind the last one, where the bytes end. Between two is one byte. */
  private start(index: number): number {
    return this.spans[2 * index] as number;
  }

  private valueStart(index: number): number {
    return this.spans[2 * index + 1] as number;
  }

  private name(index: number): string {
    return decoded(this.within.subarray(this.start(index), this.valueStart(index) - 1)) as string;
  }

  private value(index: number): Json {
    return decoded(this.within.subarray(this.valueStart(index), this.start(index + 1) - 1));
  }

  /** The entries between two indices, read as a list of names and values in turn. */
  private decodedEntries(from: number, to: number): [string, Json][] {
    if (from >= to) return [];
    const [first, last] = [this.start(from) - 1, this.start(to) - 1];
    const list = Buffer.from(this.within.subarray(first, last + 1));
    list[0] = OPEN_LIST;
    list[last - first] = CLOSE_LIST;
    for (let index = from; index < to; index++) list[this.valueStart(index) - 1 - first] = COMMA;
    const items = decoded(list) as readonly Json[];
    return Array.from({ length: to - from }, (_, at) => [items[2 * at] as string, items[2 * at + 1] as Json]);
  }

  /** The first entry, from an index on, that does not come before the name that begins at an offset of some bytes. */
  private firstNotBefore(bytes: Uint8Array, name: number, from: number): number {
    let [low, high] = [from, this.size];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareNames(this.within, this.start(middle), bytes, name) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private hasName(index: number, bytes: Uint8Array, name: number): boolean {
    return index < this.size && compareNames(this.within, this.start(index), bytes, name) === 0;
  }

  /** Whether an entry is the same, byte for byte, as one of another table. */
  private isSame(index: number, other: EntryTable, otherIndex: number): boolean {
    if (otherIndex >= other.size) return false;
    const [start, otherStart] = [this.start(index), other.start(otherIndex)];
    const length = this.start(index + 1) - 1 - start;
    if (length !== other.start(otherIndex + 1) - 1 - otherStart) return false;
    for (let at = 0; at < length; at++)
      if (this.within[start + at] !== other.within[otherStart + at]) return false;
    return true;
  }
}

/** Of a document that has no targets. */
export const NO_ENTRIES = new EntryTable(Buffer.from('{}'));

function decoded(bytes: Buffer): Json {
  return valueOfCanonical(bytes.toString('utf8'));
}

/** Entries that follow each other in the same bytes, put together to an object. */
class Runs {
  private readonly pieces: Buffer[] = [];
  private bytes: Buffer | null = null;
  private from = 0;
  private to = 0;

  /** Takes what stands between two offsets, and with it the byte that separates it from what follows. */
  add(bytes: Buffer, from: number, to: number): void {
    if (from === to) return;
    if (this.bytes !== bytes || this.to !== from) {
      this.end();
      [this.bytes, this.from] = [bytes, from];
    }
    this.to = to;
  }

  object(): Buffer {
    this.end();
    return Buffer.concat([Buffer.from('{'), ...this.pieces.slice(1), Buffer.from('}')]);
  }

  private end(): void {
    if (this.bytes) this.pieces.push(Buffer.from(','), this.bytes.subarray(this.from, this.to - 1));
  }
}

/** By their UTF-8 bytes, of two quoted names in canonical form, in which what is escaped stands for itself. */
function compareNames(one: Uint8Array, start: number, other: Uint8Array, otherStart: number): number {
  let [at, otherAt] = [start, otherStart];
  for (;;) {
    let [a, b] = [one[++at] as number, other[++otherAt] as number];
    if (a === QUOTE || b === QUOTE) return a === b ? 0 : a === QUOTE ? -1 : 1;
    if (a === BACKSLASH) a = one[++at] as number;
    if (b === BACKSLASH) b = other[++otherAt] as number;
    if (a !== b) return a - b;
  }
}
