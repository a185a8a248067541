import { writePem } from '../../encoding/pem.ts';
import { openHome } from '../home/home.ts';
import { foldKeys, keyById } from './key-registry.ts';
import { writeOut } from '../files/outgoing.ts';

/** Writes the public part of a key (PEM SubjectPublicKeyInfo). @throws KEY-UNKNOWN, FILE-EXISTS (exit 2) */
export async function exportPublicKey(
  folder: string,
  id: string,
  out: string,
): Promise<{ id: string; out: string }> {
  const home = await openHome(folder, { write: false });
  try {
    const key = keyById(foldKeys(home.ledger.lines()), id);
    const pem = Buffer.from(writePem('PUBLIC KEY', key.public.spki));
    writeOut(out, [pem], pem.length);
    return { id: key.id, out };
  } finally {
    home.close();
  }
}
