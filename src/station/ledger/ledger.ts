import { closeSync, constants, fsyncSync, ftruncateSync, openSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { recordBytes } from '../../encoding/canonical-json.ts';
import { sha256Hex } from '../../encoding/hash.ts';
import type { Json, JsonObject } from '../../encoding/json.ts';
import { formatTime } from '../../encoding/time.ts';
import { refused, unavailable } from '../../errors.ts';
import { createDurably, replaceDurably, writeAll } from '../files/durable.ts';
import { GENESIS, MAX_LINE, readChain, type LedgerChain, type LedgerLine } from './ledger-chain.ts';

/** Something to be recorded. */
export interface LedgerEvent {
  readonly event: string;
  readonly data: object;
}

export interface Ledger {
  /** The file. */
  readonly path: string;
  /** Every line, the oldest first. */
  lines(): readonly LedgerLine[];
  /** The last line's number and hash. */
  head(): { readonly line: number; readonly hash: string };
  hashOfLine(line: number): string | null;
  /**
   * Records events: one write and one fsync for all of them; when it returns they are on disk (R13).
   *
   * @throws LEDGER-WRITE (exit 6), and then nothing may be done that the events announce; LEDGER-LINE (exit 3)
   *   for an event that is too large
   */
  append(events: readonly LedgerEvent[]): void;
  close(): void;
}

/** How bytes get to disk; tests make it fail. */
export interface LedgerDisk {
  readonly write: (file: number, bytes: Uint8Array) => void;
  readonly sync: (file: number) => void;
}

const DISK: LedgerDisk = { write: writeAll, sync: fsyncSync };

/**
 * Opens a ledger and verifies all of it. Opened for writing, a torn last line is repaired: the fragment is kept
 * beside the ledger, cut off, and the repair recorded. Opened for reading, it is passed over.
 *
 * @param now seconds since 1970
 * @throws LEDGER-CHAIN (exit 3), HOME-WRITE (exit 6)
 */
export function openLedger(path: string, write: boolean, now: () => number, disk: LedgerDisk = DISK): Ledger {
  let bytes = readFileSync(path);
  let chain = readChain(bytes);
  if (write && chain.torn.length > 0) {
    repair(path, bytes, chain, formatTime(now()));
    bytes = readFileSync(path);
    chain = readChain(bytes);
  }
  return new OpenLedger(path, write, now, disk, chain, bytes.length - chain.torn.length);
}

/** A kill in the middle leaves the torn ledger or the repaired one that says so, and never loses the fragment. */
function repair(path: string, bytes: Uint8Array, { lines, hashes, torn }: LedgerChain, time: string): void {
  const sha256 = sha256Hex(torn);
  const line = lines.length + 1;
  createDurably(join(dirname(path), `.torn-${String(line)}-${sha256.slice(0, 16)}`), torn);
  const record = encodeLine({
    v: 1,
    line,
    time,
    event: 'recovered',
    data: { what: 'torn-line', line, sha256 },
    prev: hashes.at(-1) ?? GENESIS,
  });
  replaceDurably(path, Buffer.concat([bytes.subarray(0, bytes.length - torn.length), record]));
}

/** @throws LEDGER-LINE */
function encodeLine(line: LedgerLine): Buffer {
  const bytes = Buffer.concat([recordBytes(line as unknown as Json), Buffer.from('\n')]);
  if (bytes.length <= MAX_LINE) return bytes;
  throw refused('LEDGER-LINE', 'an event is too large for the ledger', {
    expected: `at most ${String(MAX_LINE)} bytes`,
    found: `${String(bytes.length)} bytes`,
    where: line.event,
  });
}

class OpenLedger implements Ledger {
  readonly path: string;
  private readonly file: number | null;
  private readonly now: () => number;
  private readonly disk: LedgerDisk;
  private readonly recorded: LedgerLine[];
  private readonly hashes: string[];
  private size: number;
  private failed = false;

  constructor(
    path: string,
    write: boolean,
    now: () => number,
    disk: LedgerDisk,
    { lines, hashes }: LedgerChain,
    size: number,
  ) {
    this.path = path;
    this.now = now;
    this.disk = disk;
    this.recorded = [...lines];
    this.hashes = [...hashes];
    this.size = size;
    const { O_WRONLY, O_APPEND, O_NOFOLLOW } = constants;
    this.file = write ? openSync(path, O_WRONLY | O_APPEND | O_NOFOLLOW) : null;
  }

  lines(): readonly LedgerLine[] {
    return this.recorded;
  }

  head(): { readonly line: number; readonly hash: string } {
    return { line: this.recorded.length, hash: this.hashes.at(-1) ?? GENESIS };
  }

  hashOfLine(line: number): string | null {
    return this.hashes[line - 1] ?? null;
  }

  append(events: readonly LedgerEvent[]): void {
    if (events.length === 0) return;
    if (this.file === null) throw new Error('the ledger is open for reading');
    const time = formatTime(this.now());
    const lines: LedgerLine[] = [];
    const hashes: string[] = [];
    const pieces: Buffer[] = [];
    let prev = this.head().hash;
    for (const { event, data } of events) {
      const line: LedgerLine = {
        v: 1,
        line: this.recorded.length + lines.length + 1,
        time,
        event,
        data: data as JsonObject,
        prev,
      };
      const bytes = encodeLine(line);
      prev = sha256Hex(bytes);
      lines.push(line);
      hashes.push(prev);
      pieces.push(bytes);
    }
    this.persist(this.file, Buffer.concat(pieces));
    this.recorded.push(...lines);
    this.hashes.push(...hashes);
  }

  /**
   * What could not be written whole is cut off again. Nobody knows what a disk holds that failed once: this
   * process writes no more, and the next one reads what is there.
   */
  private persist(file: number, bytes: Buffer): void {
    if (this.failed) throw this.notWritten();
    try {
      this.disk.write(file, bytes);
      this.disk.sync(file);
      this.size += bytes.length;
    } catch (cause) {
      this.failed = true;
      try {
        ftruncateSync(file, this.size);
        fsyncSync(file);
      } catch {
        // What stays announces more than was done, which is the safe side; a torn line is repaired and recorded.
      }
      throw this.notWritten(cause);
    }
  }

  private notWritten(cause?: unknown): Error {
    return unavailable('LEDGER-WRITE', 'the ledger cannot be written: nothing was done', {
      found: (cause as NodeJS.ErrnoException | undefined)?.code ?? 'error',
      where: this.path,
      hint: 'see whether the disk is full or read-only',
      cause,
    });
  }

  close(): void {
    if (this.file !== null) closeSync(this.file);
  }
}
