import { sha256Hex } from '../../encoding/hash.ts';
import type { JsonObject } from '../../encoding/json.ts';
import { parseCanonicalJson } from '../../encoding/strict-json.ts';
import { refused } from '../../errors.ts';

/** One line of the ledger, verified. */
export interface LedgerLine {
  readonly v: 1;
  readonly line: number;
  readonly time: string;
  readonly event: string;
  readonly data: JsonObject;
  readonly prev: string;
}

/** Lines of a ledger with the SHA-256 of each (its bytes, the newline included). */
export interface LedgerChain {
  readonly lines: readonly LedgerLine[];
  readonly hashes: readonly string[];
  /** Bytes after the last newline: what a kill in the middle of a write leaves. */
  readonly torn: Uint8Array;
}

/** `prev` of the first line. */
export const GENESIS = '0'.repeat(64);
const NEWLINE = 0x0a;
/** Longest line, bytes with its newline: longer ones are an attack on whoever reads the ledger. */
export const MAX_LINE = 64 * 1024;

/**
 * Verifies a ledger's bytes: canonical lines of the schema, numbered from 1, each naming the SHA-256 of the line
 * before. A chain does not show that lines were cut off its end: heads in bundles do (M9).
 *
 * @throws LEDGER-CHAIN naming the line
 */
export function readChain(bytes: Uint8Array): LedgerChain {
  const lines: LedgerLine[] = [];
  const hashes: string[] = [];
  let previous = GENESIS;
  let start = 0;
  for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
    if (end - start >= MAX_LINE)
      throw broken(
        lines.length + 1,
        'it is too long',
        `at most ${String(MAX_LINE)} bytes`,
        String(end + 1 - start),
      );
    const line = readLine(bytes.subarray(start, end), lines.length + 1);
    if (line.prev !== previous)
      throw broken(line.line, 'it does not name the line before', previous, line.prev);
    previous = sha256Hex(bytes.subarray(start, end + 1));
    lines.push(line);
    hashes.push(previous);
    start = end + 1;
  }
  const torn = bytes.subarray(start);
  checkTorn(torn, lines.length + 1);
  return { lines, hashes, torn };
}

/**
 * What a kill or a power cut leaves is the beginning of a line, perhaps with zeros. A whole line in whose newline's
 * place something else stands was recorded, and somebody changed it.
 */
function checkTorn(torn: Uint8Array, number: number): void {
  const last = torn.at(-1) ?? 0;
  if (torn.length >= MAX_LINE || (last !== 0 && isLine(torn.subarray(0, -1), number)))
    throw broken(number, 'it does not end like a line', 'a newline', `byte ${String(last)}`);
}

function isLine(bytes: Uint8Array, number: number): boolean {
  try {
    return readLine(bytes, number).line === number;
  } catch {
    return false;
  }
}

/**
 * A canonical line of the schema (bundle-schema/ledger-line.schema.json): this text around canonical data. Taken
 * apart so, since every command reads the whole ledger, it takes a third of the time.
 */
const LINE =
  /^\{"data":(\{.*\}),"event":"([a-z][a-z-]{0,63})","line":([1-9]\d{0,15}),"prev":"([0-9a-f]{64})","time":"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)","v":1\}$/s;
/** Bytes before the data. */
const BEFORE = '{"data":'.length;

function readLine(bytes: Uint8Array, number: number): LedgerLine {
  // One character a byte, so that places in the text are places in the bytes.
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  const [, data = '', event = '', line = '', prev = '', time = ''] = LINE.exec(text) ?? [];
  if (data === '') throw malformed(number);
  if (line !== String(number)) throw broken(number, 'it has another number', String(number), line);
  return { v: 1, line: number, time, event, data: readData(bytes, data.length, number), prev };
}

function readData(bytes: Uint8Array, length: number, number: number): JsonObject {
  try {
    return parseCanonicalJson(bytes.subarray(BEFORE, BEFORE + length)) as JsonObject;
  } catch (cause) {
    throw malformed(number, cause);
  }
}

function malformed(number: number, cause?: unknown): Error {
  return broken(number, 'it is not a well-formed line', 'a canonical line', 'other bytes', cause);
}

function broken(line: number, what: string, expected: string, found: string, cause?: unknown): Error {
  return refused('LEDGER-CHAIN', `the ledger is broken: ${what}`, {
    expected,
    found,
    where: `line ${String(line)}`,
    hint: 'nothing may be signed with this home: keep it as it is, and compare it with the heads in bundles',
    cause,
  });
}
