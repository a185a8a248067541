import { readFileSync } from 'node:fs';
import { openBundle } from '../../bundle/bundle.ts';
import type { ResponseManifest } from '../../bundle/manifest.ts';
import { decodeSeal, encodeSeal, identityOf, verifySeal } from '../../bundle/seal.ts';
import { canonicalBytes } from '../../encoding/canonical-json.ts';
import { isObject, type Json } from '../../encoding/json.ts';
import { parseCanonicalJson } from '../../encoding/strict-json.ts';
import { fromBase64, toBase64 } from '../../encoding/text.ts';
import { CountersignError, refused } from '../../errors.ts';
import type { Home } from '../home/home.ts';
import { readChain, type LedgerLine } from './ledger-chain.ts';
import { fileSource } from '../files/file-source.ts';
import { withCopy } from '../files/incoming.ts';
import { checkHead } from '../recovered.ts';

/** A ledger that verified: how long it is, and its last line's hash. */
export interface VerifiedLedger {
  readonly lines: number;
  readonly head: string;
  /** Identity of the station that sealed an export; null for the home's own ledger. */
  readonly station: string | null;
}

/** What one file proves about the ledger. */
export interface CheckedHead {
  readonly file: string;
  readonly line: number;
  readonly hash: string;
}

/** The ledger as a sealed file: canonical JSON of its bytes and a seal over them, for an auditor. */
export function exportLedger(home: Home): Uint8Array {
  const bytes = readFileSync(home.ledger.path);
  const { torn } = readChain(bytes);
  const whole = bytes.subarray(0, bytes.length - torn.length);
  const seal = parseCanonicalJson(
    encodeSeal({ publicKey: home.publicKey, signature: home.seal('ledger', whole) }),
  );
  return canonicalBytes({ ledger: toBase64(whole), seal });
}

/**
 * Verifies an exported ledger: its seal, then its chain, and that the station that sealed it is the one that its
 * first line names. Which station that is, is for the reader to compare.
 *
 * @throws LEDGER-EXPORT, SEAL-SIGNATURE, SEAL-KEY, LEDGER-CHAIN
 */
export async function verifyExport(file: Uint8Array): Promise<VerifiedLedger> {
  const value = exportedLedger(file);
  const bytes = ledgerBytes(value.ledger);
  const seal = decodeSeal(canonicalBytes(value.seal));
  await verifySeal('ledger', bytes, seal);
  const { lines, hashes, torn } = readChain(bytes);
  if (torn.length > 0) throw refused('LEDGER-CHAIN', 'the exported ledger ends in the middle of a line');
  const station = identityOf(seal.publicKey);
  const [first] = lines;
  if (first?.event !== 'genesis' || first.data['key'] !== station)
    throw refused('SEAL-KEY', 'the ledger is sealed by another station than its own', {
      expected:
        typeof first?.data['key'] === 'string' ? first.data['key'] : 'a first line that names a station',
      found: station,
    });
  return { lines: lines.length, head: hashes.at(-1) ?? '', station };
}

function ledgerBytes(text: string): Uint8Array {
  try {
    return fromBase64(text);
  } catch (cause) {
    throw refused('LEDGER-EXPORT', 'the file is not an exported ledger', { cause });
  }
}

function exportedLedger(file: Uint8Array): { ledger: string; seal: Json } {
  let value: Json;
  try {
    value = parseCanonicalJson(file);
  } catch (cause) {
    throw refused('LEDGER-EXPORT', 'the file is not an exported ledger', { cause });
  }
  const { ledger, seal } = isObject(value) ? value : {};
  if (typeof ledger !== 'string' || seal === undefined || Object.keys(value as object).length !== 2)
    throw refused('LEDGER-EXPORT', 'the file is not an exported ledger', {
      hint: 'it is what log export writes',
    });
  return { ledger, seal };
}

/**
 * Compares this station's ledger with the heads that its own responses carry: a ledger that was cut or rewritten
 * verifies as a chain, but does not hold these lines (M9).
 *
 * @throws LEDGER-ROLLBACK
 */
export async function checkHeads(home: Home, files: readonly string[]): Promise<CheckedHead[]> {
  const checked: CheckedHead[] = [];
  for (const file of files)
    checked.push(await withCopy(file, home, false, ({ path }) => checkResponse(home, path, file)));
  return checked;
}

async function checkResponse(home: Home, path: string, file: string): Promise<CheckedHead> {
  const bundle = await openBundle<ResponseManifest>(fileSource(path), { kinds: ['response'] });
  if (bundle.sealedBy !== home.identity)
    throw refused('SEAL-STRANGER', 'the response was sealed by another station', {
      expected: home.identity,
      found: bundle.sealedBy,
      where: file,
    });
  const { head } = bundle.manifest;
  checkHead(
    home.ledger,
    head,
    'the ledger does not hold the line that a response of this station names',
    file,
  );
  return { file, ...head };
}

/** Intents that no outcome followed: a signature may exist that nobody saw. By `request repository role key`. */
export function unknownOutcomes(lines: readonly LedgerLine[]): ReadonlySet<number> {
  const open = new Map<string, number>();
  for (const { event, data, line } of lines) {
    const name = JSON.stringify([data['request'], data['repository'], data['role'], data['key']]);
    if (event === 'intent') open.set(name, line);
    else if (event === 'outcome') open.delete(name);
  }
  return new Set(open.values());
}

/** Whether a file is an exported ledger rather than a bundle. */
export function isLedgerExport(file: Uint8Array): boolean {
  try {
    exportedLedger(file);
    return true;
  } catch (error) {
    if (error instanceof CountersignError) return false;
    throw error;
  }
}
