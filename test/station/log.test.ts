import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { encodeSeal } from '../../src/bundle/seal.ts';
import { canonicalBytes } from '../../src/encoding/canonical-json.ts';
import { parseCanonicalJson } from '../../src/encoding/strict-json.ts';
import { toBase64 } from '../../src/encoding/text.ts';
import type { Home } from '../../src/station/home/home.ts';
import { exportLedger, isLedgerExport, unknownOutcomes, verifyExport } from '../../src/station/ledger/log.ts';
import { verifyLedger } from '../../src/station/ledger/verify-ledger.ts';
import { scratchFolder } from '../peers/process.ts';
import { endOf, inHome, newHome } from './homes.ts';

async function stationWithLines(): Promise<string> {
  const dir = await newHome('vault');
  await inHome(dir, ({ ledger }) => {
    ledger.append([1, 2, 3].map((number) => ({ event: 'test', data: { number } })));
  });
  return dir;
}

/** Seals any bytes as if they were the station's ledger. */
function sealed(home: Home, bytes: Uint8Array, kind: 'ledger' | 'card' = 'ledger'): Uint8Array {
  const seal = parseCanonicalJson(
    encodeSeal({ publicKey: home.publicKey, signature: home.seal(kind, bytes) }),
  );
  return canonicalBytes({ ledger: toBase64(bytes), seal });
}

describe('an exported ledger', () => {
  test('verifies without a station, and says whose it is and where it ends', async () => {
    const dir = await stationWithLines();
    await inHome(dir, async (home) => {
      const { line, hash } = home.ledger.head();
      const file = exportLedger(home);
      expect(isLedgerExport(file)).toBe(true);
      expect(await verifyExport(file)).toEqual({ lines: line, head: hash, station: home.identity });
      const path = join(scratchFolder('export'), 'vault.ledger');
      writeFileSync(path, file);
      expect(await verifyLedger('/nonexistent', [path])).toMatchObject({
        lines: line,
        station: home.identity,
      });
    });
  });

  test('a torn last line does not travel', async () => {
    const dir = await stationWithLines();
    await inHome(dir, async (home) => {
      writeFileSync(home.ledger.path, Buffer.concat([readFileSync(home.ledger.path), Buffer.from('{"da')]));
      expect((await verifyExport(exportLedger(home))).lines).toBe(4);
    });
  });

  test('SEAL-SIGNATURE, LEDGER-EXPORT each of its bytes changed is refused', async () => {
    const file = await inHome(await newHome('vault'), exportLedger);
    for (let at = 0; at < file.length; at++) {
      const copy = Buffer.from(file);
      copy[at] = (file[at] as number) ^ (1 << (at % 8));
      expect(await endOf(() => verifyExport(copy))).toMatch(
        /^(?:LEDGER-EXPORT|SEAL-[A-Z]+|ENCODING-[A-Z0-9]+) 3$/,
      );
    }
  });

  test('SEAL-KEY a ledger sealed by another station, or with another first line, is refused', async () => {
    const [dir, other] = [await stationWithLines(), await stationWithLines()];
    const bytes = readFileSync(join(dir, 'ledger.jsonl'));
    await inHome(other, async (home) => {
      expect(await endOf(() => verifyExport(sealed(home, bytes)))).toBe('SEAL-KEY 3');
      expect(await endOf(() => verifyExport(sealed(home, Buffer.alloc(0))))).toBe('SEAL-KEY 3');
    });
  });

  test('LEDGER-CHAIN, SEAL-SIGNATURE a broken chain or another kind of seal is refused', async () => {
    await inHome(await stationWithLines(), async (home) => {
      const bytes = readFileSync(home.ledger.path);
      const changed = Buffer.from(bytes.toString('utf8').replace('"number":2', '"number":7'));
      expect(await endOf(() => verifyExport(sealed(home, changed)))).toBe('LEDGER-CHAIN 3');
      expect(await endOf(() => verifyExport(sealed(home, bytes.subarray(0, -1))))).toBe('LEDGER-CHAIN 3');
      expect(await endOf(() => verifyExport(sealed(home, bytes, 'card')))).toBe('SEAL-SIGNATURE 3');
      for (const other of ['{}', '[]', '{"ledger":"","seal":{},"x":1}', 'no', ''])
        expect(await endOf(() => verifyExport(Buffer.from(other)))).toBe('LEDGER-EXPORT 3');
    });
  });
});

test('LOCK-HELD log verify of a bundle waits for the home, into which it copies; of the ledger alone it does not', async () => {
  const dir = await stationWithLines();
  const bundle = join(scratchFolder('export'), 'a.response.tar');
  writeFileSync(bundle, 'no bundle');
  await inHome(dir, async () => {
    expect(await endOf(() => verifyLedger(dir, [bundle]))).toBe('LOCK-HELD 6');
    expect((await verifyLedger(dir, [])).lines).toBe(4);
  });
  expect(await endOf(() => verifyLedger(dir, [bundle]))).toMatch(/^BUNDLE-[A-Z]+ 3$/);
  expect(readdirSync(join(dir, 'inbox'))).toEqual([]);
  expect(readdirSync(dir)).not.toContain('lock');
});

test('M21 an intent without an outcome is unknown until there is one', async () => {
  await inHome(await newHome('vault'), ({ ledger }) => {
    const data = (role: string): object => ({ request: 'r', repository: 'x', role, key: 'k' });
    ledger.append(['root', 'targets'].map((role) => ({ event: 'intent', data: data(role) })));
    expect([...unknownOutcomes(ledger.lines())]).toEqual([2, 3]);
    ledger.append([{ event: 'outcome', data: data('root') }]);
    expect([...unknownOutcomes(ledger.lines())]).toEqual([3]);
  });
});
