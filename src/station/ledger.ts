import { closeSync, constants, fsyncSync, ftruncateSync, openSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { recordBytes } from '../encoding/canonical-json.ts';
import { sha256Hex } from '../encoding/hash.ts';
import type { Json } from '../encoding/json.ts';
import { formatTime } from '../encoding/time.ts';
import { unavailable } from '../errors.ts';
import { createDurably, writeAll } from './durable.ts';
import { GENESIS, readChain, type LedgerLine } from './ledger-chain.ts';

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
   * @throws LEDGER-WRITE (exit 6), and then nothing may be done that the events announce
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
/** Longer lines are an attack on whoever reads the ledger. */
const MAX_LINE = 64 * 1024;

/**
 * Opens a ledger and verifies all of it. Opened for writing, a torn last line is repaired: the fragment is kept
 * beside the ledger, cut off, and the repair recorded. Opened for reading, it is passed over.
 *
 * @param now seconds since 1970
 * @throws LEDGER-CHAIN (exit 3)
 */
export function openLedger(path: string, write: boolean, now: () => number, disk: LedgerDisk = DISK): Ledger {
  const bytes = readFileSync(path);
  const chain = readChain(bytes);
  const ledger = new OpenLedger(
    path,
    write,
    now,
    disk,
    [...chain.lines],
    [...chain.hashes],
    bytes.length - chain.torn.length,
  );
  if (write && chain.torn.length > 0) ledger.repair(chain.torn);
  return ledger;
}

class OpenLedger implements Ledger {
  readonly path: string;
  private readonly file: number | null;
  private readonly now: () => number;
  private readonly disk: LedgerDisk;
  private readonly recorded: LedgerLine[];
  private readonly hashes: string[];
  private size: number;

  constructor(
    path: string,
    write: boolean,
    now: () => number,
    disk: LedgerDisk,
    recorded: LedgerLine[],
    hashes: string[],
    size: number,
  ) {
    this.path = path;
    this.now = now;
    this.disk = disk;
    this.recorded = recorded;
    this.hashes = hashes;
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
      const line = {
        v: 1,
        line: this.recorded.length + lines.length + 1,
        time,
        event,
        data,
        prev,
      } as LedgerLine;
      const bytes = Buffer.concat([recordBytes(line as unknown as Json), Buffer.from('\n')]);
      if (bytes.length > MAX_LINE) throw new Error(`a ledger line of ${String(bytes.length)} bytes`);
      prev = sha256Hex(bytes);
      lines.push(line);
      hashes.push(prev);
      pieces.push(bytes);
    }
    this.persist(this.file, Buffer.concat(pieces));
    this.recorded.push(...lines);
    this.hashes.push(...hashes);
  }

  /** Cuts off what could not be written whole, so that the next line starts where a line must. */
  private persist(file: number, bytes: Buffer): void {
    try {
      this.disk.write(file, bytes);
      this.disk.sync(file);
      this.size += bytes.length;
    } catch (cause) {
      this.cut(file);
      throw unavailable('LEDGER-WRITE', 'the ledger cannot be written: nothing was done', {
        found: (cause as NodeJS.ErrnoException).code ?? 'error',
        where: this.path,
        hint: 'see whether the disk is full or read-only',
        cause,
      });
    }
  }

  private cut(file: number): void {
    const writable = openSync(this.path, constants.O_RDWR | constants.O_NOFOLLOW);
    try {
      ftruncateSync(writable, this.size);
      fsyncSync(file);
    } catch {
      // What stays is a torn line, which the next command repairs and records.
    } finally {
      closeSync(writable);
    }
  }

  repair(torn: Uint8Array): void {
    if (this.file === null) return;
    const line = this.recorded.length + 1;
    createDurably(join(dirname(this.path), `.torn-${String(line)}-${sha256Hex(torn).slice(0, 16)}`), torn);
    this.cut(this.file);
    this.append([{ event: 'recovered', data: { what: 'torn-line', line, sha256: sha256Hex(torn) } }]);
  }

  close(): void {
    if (this.file !== null) closeSync(this.file);
  }
}
