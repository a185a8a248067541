import { fsyncSync, existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalText } from '../../src/encoding/canonical-json.ts';
import { sha256Hex } from '../../src/encoding/hash.ts';
import type { Json } from '../../src/encoding/json.ts';
import { checkShape } from '../../src/encoding/schema.ts';
import { parseCanonicalJson } from '../../src/encoding/strict-json.ts';
import { writeAll } from '../../src/station/files/durable.ts';
import { openHome } from '../../src/station/home/home.ts';
import { readChain } from '../../src/station/ledger/ledger-chain.ts';
import { openLedger, type LedgerDisk } from '../../src/station/ledger/ledger.ts';
import { endOf, errorOf, inHome, newHome } from './homes.ts';

const NOW = 1_795_000_000;
const now = (): number => NOW;
const real: LedgerDisk = { write: writeAll, sync: fsyncSync };
const failure = (code: string): Error => Object.assign(new Error(code), { code });

/** A disk that does as told from its n-th use of one call on. */
function failing(call: 'write' | 'sync', nth: number, code: string): LedgerDisk {
  let uses = 0;
  return {
    ...real,
    [call]: (file: number, bytes: Uint8Array) => {
      if (++uses < nth) real[call](file, bytes);
      else {
        // a full disk takes some bytes first
        if (call === 'write') writeAll(file, bytes.subarray(0, bytes.length / 2));
        throw failure(code);
      }
    },
  };
}

/** A ledger of its own with so many lines after the first. */
async function ledgerOf(lines: number): Promise<string> {
  const path = join(await newHome('vault'), 'ledger.jsonl');
  const ledger = openLedger(path, true, now);
  for (let number = 1; number <= lines; number++) ledger.append([{ event: 'test', data: { number } }]);
  ledger.close();
  return path;
}

describe('R13 recorded first', () => {
  test('what was appended is on disk when append returns, in one write and one fsync for the batch', async () => {
    const path = await ledgerOf(0);
    const calls: string[] = [];
    const ledger = openLedger(path, true, now, {
      write: (file, bytes) => {
        calls.push('write');
        writeAll(file, bytes);
      },
      sync: (file) => {
        calls.push('sync');
        fsyncSync(file);
      },
    });
    ledger.append([
      { event: 'one', data: { a: 1 } },
      { event: 'two', data: { b: 'ü' } },
    ]);
    expect(calls).toEqual(['write', 'sync']);
    const read = openLedger(path, false, now);
    expect(read.lines()).toEqual(ledger.lines());
    expect(read.head()).toEqual(ledger.head());
    expect(read.head().line).toBe(3);
    expect(read.hashOfLine(3)).toBe(read.head().hash);
    expect(read.hashOfLine(4)).toBeNull();
    expect(readFileSync(path, 'utf8').split('\n')[2]).toBe(
      `{"data":{"b":"ü"},"event":"two","line":3,"prev":"${read.hashOfLine(2) ?? ''}","time":"2026-11-18T11:06:40Z","v":1}`,
    );
    ledger.close();
  });

  test.each([
    ['write', 'ENOSPC'],
    ['sync', 'EIO'],
  ] as const)(
    'LEDGER-WRITE a %s that fails (%s) at each of ten lines leaves exactly those before it',
    async (call, code) => {
      for (let nth = 1; nth <= 10; nth++) {
        const path = await ledgerOf(0);
        const ledger = openLedger(path, true, now, failing(call, nth, code));
        let recorded = 0;
        const error = await errorOf(() => {
          for (; recorded < 10; recorded++) ledger.append([{ event: 'test', data: { recorded } }]);
        });
        expect(error).toMatchObject({ check: 'LEDGER-WRITE', exit: 6, found: code });
        expect(recorded).toBe(nth - 1);
        expect(ledger.head().line).toBe(nth);
        // a disk that failed once is not written to again by this process
        expect(await endOf(() => ledger.append([{ event: 'test', data: {} }]))).toBe('LEDGER-WRITE 6');
        ledger.close();
        const { lines, torn } = readChain(readFileSync(path));
        expect([lines.length, torn.length]).toEqual([nth, 0]);
      }
    },
  );

  test('LEDGER-WRITE where not even cutting off works: what stays is repaired and recorded by the next command', async () => {
    const path = await ledgerOf(2);
    const ledger = openLedger(path, true, now, failing('write', 1, 'ENOSPC'));
    const before = readFileSync(path);
    await errorOf(() => ledger.append([{ event: 'test', data: {} }]));
    ledger.close();
    writeFileSync(path, Buffer.concat([before, Buffer.from('{"data":{"half')]));
    const next = openLedger(path, true, now);
    expect(next.lines().at(-1)?.event).toBe('recovered');
    next.append([{ event: 'test', data: {} }]);
    next.close();
    expect(readChain(readFileSync(path)).lines).toHaveLength(5);
  });

  test('a home opened with a failing disk records nothing, and says so', async () => {
    const dir = await newHome('vault');
    const before = readFileSync(join(dir, 'ledger.jsonl'));
    const append = inHome(
      dir,
      ({ ledger }) => {
        ledger.append([{ event: 'test', data: {} }]);
      },
      failing('sync', 1, 'EIO'),
    );
    expect(await endOf(() => append)).toBe('LEDGER-WRITE 6');
    expect(readFileSync(join(dir, 'ledger.jsonl'))).toEqual(before);
    expect(existsSync(join(dir, 'lock'))).toBe(false);
  });

  test('a ledger that is open for reading takes no lines', async () => {
    const path = await ledgerOf(1);
    const ledger = openLedger(path, false, now);
    expect(() => ledger.append([{ event: 'test', data: {} }])).toThrow('open for reading');
    ledger.append([]);
    ledger.close();
  });

  test('LEDGER-LINE data above 64 KiB is refused with the whole batch, and the next batch is taken', async () => {
    const path = await ledgerOf(0);
    const ledger = openLedger(path, true, now);
    const before = readFileSync(path);
    const line = (text: string): void =>
      ledger.append([
        { event: 'test', data: {} },
        { event: 'test', data: { text } },
      ]);
    const frame =
      Buffer.byteLength(JSON.stringify({ ...ledger.lines()[0], data: { text: '' }, event: 'test' })) + 1;
    expect(await endOf(() => line('x'.repeat(65_536 - frame + 1)))).toBe('LEDGER-LINE 3');
    expect(readFileSync(path)).toEqual(before);
    line('x'.repeat(65_536 - frame));
    ledger.close();
    expect(openLedger(path, false, now).head()).toEqual(ledger.head());
  });
});

describe('R13 a torn last line is repaired and recorded', () => {
  test('cut at every byte of the last line, the rest stays, the fragment is kept, its hash is recorded', async () => {
    const path = await ledgerOf(2);
    const whole = readFileSync(path);
    const start = whole.lastIndexOf('\n', whole.length - 2) + 1;
    for (let end = start + 1; end < whole.length; end++) {
      writeFileSync(path, whole.subarray(0, end));
      const fragment = whole.subarray(start, end);
      const read = openLedger(path, false, now);
      expect([read.lines().length, readFileSync(path).length]).toEqual([2, end]);

      const ledger = openLedger(path, true, now);
      const sha256 = sha256Hex(fragment);
      expect(ledger.lines().slice(2)).toMatchObject([
        { line: 3, event: 'recovered', data: { what: 'torn-line', line: 3, sha256 } },
      ]);
      ledger.close();
      expect(readFileSync(join(dirname(path), `.torn-3-${sha256.slice(0, 16)}`))).toEqual(fragment);
      expect(readChain(readFileSync(path)).lines).toHaveLength(3);
    }
  });

  test('zeros, as a power cut leaves them, count as torn', async () => {
    const path = await ledgerOf(2);
    const whole = readFileSync(path);
    for (const zeros of [1, 4096]) {
      writeFileSync(path, Buffer.concat([whole, Buffer.alloc(zeros)]));
      const ledger = openLedger(path, true, now);
      expect(ledger.lines().at(-1)?.event).toBe('recovered');
      ledger.close();
    }
  });

  test('cut before the last line, nothing shows: only heads elsewhere do (M9)', async () => {
    const path = await ledgerOf(3);
    const old = openLedger(path, false, now).head();
    truncateSync(path, readFileSync(path).lastIndexOf('\n', -2) + 1);
    const ledger = openLedger(path, true, now);
    expect(ledger.head().line).toBe(old.line - 1);
    expect(ledger.hashOfLine(old.line)).toBeNull();
    ledger.close();
  });
});

describe('LEDGER-CHAIN', () => {
  test('each byte of a ledger, each of its bits flipped: refused; in the last line refused, torn, or another head', async () => {
    const path = await ledgerOf(3);
    const whole = readFileSync(path);
    const { hashes } = readChain(whole);
    const last = whole.lastIndexOf('\n', whole.length - 2) + 1;
    const copy = Buffer.from(whole);
    let detected = 0;
    for (let at = 0; at < whole.length; at++)
      for (let bit = 0; bit < 8; bit++) {
        copy[at] = (whole[at] as number) ^ (1 << bit);
        if (at < last || at === whole.length - 1) {
          expect(await endOf(() => readChain(copy))).toBe('LEDGER-CHAIN 3');
          detected++;
        } else {
          try {
            expect(readChain(copy).hashes.at(-1)).not.toBe(hashes.at(-1));
          } catch (error) {
            expect(error).toMatchObject({ check: 'LEDGER-CHAIN' });
          }
        }
        copy[at] = whole[at] as number;
      }
    expect(detected).toBe((last + 1) * 8);
  });

  test('a home whose ledger is broken opens neither for reading nor for writing, and nothing is repaired', async () => {
    const dir = await newHome('vault');
    const path = join(dir, 'ledger.jsonl');
    await inHome(dir, ({ ledger }) => ledger.append([{ event: 'test', data: { version: 4 } }]));
    await inHome(dir, ({ ledger }) => ledger.append([{ event: 'test', data: { version: 5 } }]));
    const forged = readFileSync(path, 'utf8').replace('"version":4', '"version":3');
    writeFileSync(path, forged);
    for (const write of [false, true])
      expect(await endOf(() => openHome(dir, { write }))).toBe('LEDGER-CHAIN 3');
    expect(readFileSync(path, 'utf8')).toBe(forged);
    expect(readdirSync(dir).filter((name) => name.startsWith('.') || name === 'lock')).toEqual([]);
  });

  test.each<[string, (lines: string[]) => string[]]>([
    ['a line left out', ([a, , ...rest]) => [a ?? '', ...rest]],
    ['two lines exchanged', ([a, b, c, ...rest]) => [a ?? '', c ?? '', b ?? '', ...rest]],
    ['a line twice', ([a, b, ...rest]) => [a ?? '', b ?? '', b ?? '', ...rest]],
    ['an empty line', ([a, ...rest]) => [a ?? '', '', ...rest]],
    ['the first line left out', ([, ...rest]) => rest],
    ['white space', ([a, b, ...rest]) => [a ?? '', ` ${b ?? ''}`, ...rest]],
    ['a carriage return', ([a, b, ...rest]) => [a ?? '', `${b ?? ''}\r`, ...rest]],
    ['a further member', ([a, b, ...rest]) => [a ?? '', (b ?? '').replace('"v":1', '"v":1,"w":1'), ...rest]],
    ['another version', ([a, b, ...rest]) => [a ?? '', (b ?? '').replace('"v":1', '"v":2'), ...rest]],
    [
      'a long line',
      ([a, b, ...rest]) => [a ?? '', (b ?? '').replace('1}', `"${'x'.repeat(70_000)}"}`), ...rest],
    ],
    ['a long last line without its end', (lines) => [...lines.slice(0, -1), 'x'.repeat(65_536)]],
  ])('%s is refused', async (_, change) => {
    const bytes = readFileSync(await ledgerOf(3), 'utf8');
    const error = await errorOf(() => readChain(Buffer.from(change(bytes.split('\n')).join('\n'))));
    expect(error).toMatchObject({ check: 'LEDGER-CHAIN', exit: 3 });
    expect(error.where).toMatch(/^line \d$/);
  });

  test('property: any bytes are refused, or read as lines that are theirs', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        try {
          const { lines, torn } = readChain(bytes);
          expect([lines.length, torn.length]).toEqual([0, bytes.length]);
        } catch (error) {
          expect(error).toMatchObject({ check: 'LEDGER-CHAIN' });
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test('property: whatever JSON is recorded is read back as it was, or refused before a byte is written', async () => {
    const path = await ledgerOf(0);
    const ledger = openLedger(path, true, now);
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue(), { maxKeys: 4 }), (data) => {
        const before = readFileSync(path).length;
        try {
          ledger.append([{ event: 'test', data }]);
        } catch (error) {
          expect((error as { check?: string }).check).toMatch(/^(?:JSON|ENCODING)-/);
          expect(readFileSync(path)).toHaveLength(before);
          return;
        }
        const added = readFileSync(path).subarray(before, -1).toString('utf8');
        expect((JSON.parse(added) as { data: unknown }).data).toEqual(data);
      }),
      { numRuns: 300 },
    );
    ledger.close();
    const read = openLedger(path, false, now);
    expect(read.head()).toEqual(ledger.head());
    expect(read.head().line).toBeGreaterThan(20);
  });

  test('10,000 lines in one append are read and verified', async () => {
    const path = await ledgerOf(0);
    const ledger = openLedger(path, true, now);
    const repository = 'notary:registry.example.com/team/app';
    const data = { request: 'ab'.repeat(32), repository, role: 'targets', version: 7 };
    ledger.append(Array.from({ length: 9_999 }, () => ({ event: 'seen', data })));
    ledger.close();
    expect(readChain(readFileSync(path)).lines).toHaveLength(10_000);
  });

  test('what the chain takes is what the schema says', async () => {
    const path = await ledgerOf(3);
    for (const line of readFileSync(path, 'utf8').trimEnd().split('\n'))
      checkShape('ledger-line', parseCanonicalJson(Buffer.from(line)));
    const { lines } = readChain(readFileSync(path));
    expect(lines.map((line) => canonicalText(line as unknown as Json)).join('\n')).toBe(
      readFileSync(path, 'utf8').trimEnd(),
    );
  });
});
