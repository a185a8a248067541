import { readFileSync, statSync } from 'node:fs';
import { refused } from '../../errors.ts';
import { openHome } from '../home/home.ts';
import { checkHeads, isLedgerExport, verifyExport, type CheckedHead, type VerifiedLedger } from './log.ts';

/** Largest exported ledger that is read: half a gigabyte, some million lines. */
const MAX_EXPORT = 512 * 1024 * 1024;

/**
 * Verifies the home's ledger and the heads that response bundles name, or one exported ledger.
 *
 * @throws LEDGER-CHAIN, LEDGER-ROLLBACK, LEDGER-EXPORT, SEAL-*, LOCK-HELD (exit 6)
 */
export async function verifyLedger(
  folder: string,
  files: readonly string[],
): Promise<VerifiedLedger & { readonly heads: readonly CheckedHead[] }> {
  const [only] = files;
  if (files.length === 1 && only !== undefined) {
    const exported = exportIn(only);
    if (exported) return { ...(await verifyExport(exported)), heads: [] };
  }
  const home = await openHome(folder, { write: false, lock: files.length > 0 });
  try {
    const heads = await checkHeads(home, files);
    const { line, hash } = home.ledger.head();
    return { lines: line, head: hash, station: null, heads };
  } finally {
    home.close();
  }
}

function exportIn(file: string): Uint8Array | null {
  const status = statSync(file);
  if (!status.isFile() || status.size > MAX_EXPORT)
    throw refused('LEDGER-EXPORT', 'not a file that could be a ledger', { where: file });
  const bytes = readFileSync(file);
  return isLedgerExport(bytes) ? bytes : null;
}
