import { appendFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { canonicalBytes } from '../../src/encoding/canonical-json.ts';
import { sha256Hex } from '../../src/encoding/hash.ts';
import type { JsonObject } from '../../src/encoding/json.ts';
import { CountersignError } from '../../src/errors.ts';
import { initHome, openHome } from '../../src/station/home/home.ts';
import { GENESIS, readChain } from '../../src/station/ledger/ledger-chain.ts';
import { openLedger } from '../../src/station/ledger/ledger.ts';
import { exportLedger, verifyExport } from '../../src/station/ledger/log.ts';
import { scratchFolder } from '../peers/process.ts';
import { refusalOf } from './samples.ts';

interface Record {
  readonly event: string;
  readonly data: JsonObject;
}

/** Bytes of a ledger with these events, made from the specification and not by the program. */
function ledgerOf(
  events: readonly Record[],
  change: (line: JsonObject) => JsonObject = (line) => line,
): Buffer {
  let prev = GENESIS;
  return Buffer.concat(
    events.map(({ event, data }, at) => {
      const line = { data, event, line: at + 1, prev, time: '2026-11-02T10:00:00Z', v: 1 };
      const bytes = Buffer.concat([canonicalBytes(change(line)), Buffer.from('\n')]);
      prev = sha256Hex(bytes);
      return bytes;
    }),
  );
}

const EVENTS = ['genesis', 'paired', 'accepted'].map((event, at) => ({ event, data: { at } }));
const ledger = ledgerOf(EVENTS);
const events = fc.array(
  fc.record({
    event: fc.stringMatching(/^[a-z][a-z-]{0,63}$/),
    data: fc.dictionary(
      fc.stringMatching(/^[a-z]{1,8}$/),
      fc.oneof(fc.maxSafeNat(), fc.stringMatching(/^\w*$/)),
    ),
  }),
  { minLength: 1, maxLength: 8 },
);

describe('the chain', () => {
  test('B-60 B-61 what the specification describes is read, line by line, and its head is the last hash', () => {
    fc.assert(
      fc.property(events, (records) => {
        const bytes = ledgerOf(records);
        const { lines, hashes, torn } = readChain(bytes);
        expect(lines.map(({ event, data }) => ({ event, data: { ...data } }))).toEqual(
          records.map(({ event, data }) => ({ event, data: { ...data } })),
        );
        expect(lines.map(({ line }) => line)).toEqual(records.map((_, at) => at + 1));
        const last = bytes.subarray(bytes.lastIndexOf(0x0a, bytes.length - 2) + 1);
        expect(hashes.at(-1)).toBe(sha256Hex(last));
        expect(torn).toHaveLength(0);
      }),
      { numRuns: 100 },
    );
  });

  test('B-61 LEDGER-CHAIN every byte, changed in one bit, is refused, but in the last line’s own words', async () => {
    const last = ledger.lastIndexOf(0x0a, ledger.length - 2) + 1;
    const copy = Buffer.from(ledger);
    for (let at = 0; at < last; at++) {
      copy[at] = (ledger[at] as number) ^ (1 << (at % 8));
      expect(await refusalOf(() => readChain(copy))).toBe('LEDGER-CHAIN');
      copy[at] = ledger[at] as number;
    }
  });

  test.each<[string, (line: JsonObject) => JsonObject]>([
    ['a line twice', (line) => ({ ...line, line: line['line'] === 3 ? 2 : (line['line'] as number) })],
    ['a line too few', (line) => ({ ...line, line: line['line'] === 3 ? 4 : (line['line'] as number) })],
    ['another version', (line) => ({ ...line, v: 2 })],
    ['a member too many', (line) => ({ ...line, note: '' })],
    ['a first line that names one before it', (line) => ({ ...line, prev: 'f'.repeat(64) })],
    ['a time with a fraction', (line) => ({ ...line, time: '2026-11-02T10:00:00.0Z' })],
    ['an event in upper case', (line) => ({ ...line, event: 'PAIRED' })],
    ['data that is no object', (line) => ({ ...line, data: [] })],
  ])('B-60 B-61 LEDGER-CHAIN %s', async (_, change) => {
    expect(await refusalOf(() => readChain(ledgerOf(EVENTS, change)))).toBe('LEDGER-CHAIN');
  });

  test.each([
    ['white space', ledger.toString().replace('"v":1', '"v": 1')],
    ['an empty line', ledger.toString().replace('\n', '\n\n')],
    ['CR LF', ledger.toString().replaceAll('\n', '\r\n')],
    ['a line left out', ledger.toString().split('\n').slice(1).join('\n')],
  ])('B-60 LEDGER-CHAIN %s', async (_, text) => {
    expect(await refusalOf(() => readChain(Buffer.from(text)))).toBe('LEDGER-CHAIN');
  });

  test('B-62 a prefix is whole lines and a torn one, whatever its length', () => {
    for (let end = 0; end <= ledger.length; end++) {
      const { lines, torn } = readChain(ledger.subarray(0, end));
      const whole = ledger.subarray(0, end).lastIndexOf(0x0a) + 1;
      expect([lines.length, torn.length]).toEqual([
        ledger.subarray(0, whole).toString().split('\n').length - 1,
        end - whole,
      ]);
    }
  });
});

describe('the ledger of a home', () => {
  let home: string;
  beforeEach(async () => {
    home = join(scratchFolder('ledger'), 'home');
    await initHome(home, { name: 'vault', side: 'offline', environment: 'production' });
  });

  test('B-63 HOME-DAMAGED begins with what the station is, and with no other station', async () => {
    const opened = await openHome(home, { write: false });
    const [first] = opened.ledger.lines();
    opened.close();
    expect(first).toMatchObject({ event: 'genesis', line: 1, prev: GENESIS });
    expect(Object.keys(first?.data ?? {}).sort()).toEqual(['environment', 'key', 'name', 'random', 'side']);
    const station = join(home, 'station.json');
    writeFileSync(station, readFileSync(station, 'utf8').replace('vault', 'other'));
    expect(await refusalOf(() => openHome(home, { write: false }))).toBe('HOME-DAMAGED');
  });

  test('B-62 a torn line is kept, cut off and recorded; a wrong whole line is not repaired', async () => {
    const path = join(home, 'ledger.jsonl');
    appendFileSync(path, '{"data":');
    const opened = await openHome(home, { write: true });
    expect(opened.ledger.lines().at(-1)).toMatchObject({
      event: 'recovered',
      data: { what: 'torn-line', line: 2, sha256: sha256Hex(Buffer.from('{"data":')) },
    });
    opened.close();
    expect(readdirSync(home).filter((file) => file.startsWith('.torn-2-'))).toHaveLength(1);
    appendFileSync(path, '{"data":\n');
    const before = readFileSync(path);
    expect(await refusalOf(() => openHome(home, { write: true }))).toBe('LEDGER-CHAIN');
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  test.each(['write', 'sync'] as const)(
    'B-64 LEDGER-WRITE a %s that fails leaves the lines before',
    (step) => {
      const path = join(home, 'ledger.jsonl');
      const before = readFileSync(path);
      const fail = (): never => {
        throw Object.assign(new Error('disk full'), { code: 'ENOSPC' });
      };
      const disk = { write: () => undefined, sync: () => undefined, [step]: fail };
      const broken = openLedger(path, true, () => 1_800_000_000, disk);
      try {
        broken.append([{ event: 'paired', data: { name: 'desk' } }]);
        expect.unreachable();
      } catch (error) {
        expect(error).toBeInstanceOf(CountersignError);
        expect(error).toMatchObject({ check: 'LEDGER-WRITE', exit: 6 });
      }
      expect(broken.head().line).toBe(1);
      broken.close();
      expect(readFileSync(path).equals(before)).toBe(true);
    },
  );

  test('B-65 a ledger that was cut verifies as a chain, and does not hold the line that a bundle names', async () => {
    const opened = await openHome(home, { write: true });
    opened.ledger.append([{ event: 'declined', data: { code: 'OFFICER', request: GENESIS } }]);
    const { line, hash } = opened.ledger.head();
    expect(opened.ledger.hashOfLine(line)).toBe(hash);
    opened.close();
    const path = join(home, 'ledger.jsonl');
    const [first] = readFileSync(path, 'utf8').split('\n');
    writeFileSync(path, `${first as string}\n`);
    const cut = await openHome(home, { write: false });
    expect(cut.ledger.hashOfLine(line)).toBeNull();
    cut.close();
  });

  test('B-66 LEDGER-EXPORT an export verifies, and no byte of it can be changed', async () => {
    const opened = await openHome(home, { write: false });
    const file = Buffer.from(exportLedger(opened));
    const head = opened.ledger.head();
    const { identity } = opened;
    opened.close();
    expect(await verifyExport(file)).toEqual({ lines: head.line, head: head.hash, station: identity });
    const checks = new Set<string>();
    for (let at = 0; at < file.length; at++) {
      const copy = Buffer.from(file);
      copy[at] = (file[at] as number) ^ 1;
      checks.add(await refusalOf(() => verifyExport(copy)));
    }
    expect([...checks].filter((check) => !/^(LEDGER-EXPORT|SEAL-\w+)$/.test(check))).toEqual([]);
  });
});
