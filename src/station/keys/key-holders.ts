import type { Home, Side } from '../home/home.ts';
import { foldKeys } from './key-registry.ts';
import { partners } from '../cards/pairing.ts';

/** A station that holds a key. */
export interface KeyHolder {
  /** SHA-256 of the raw transport key, hex. */
  readonly identity: string;
  /** Its name as this station pinned it. */
  readonly name: string;
  readonly side: Side;
}

/**
 * Who holds which signing key: this station its own, a partner those on its pinned card, which proved them (M16). By
 * canonical key ID. A key in two places, as after a machine was replaced, is this station's, else the partner's that
 * was paired first.
 */
export function keyHolders(home: Home): ReadonlyMap<string, KeyHolder> {
  const holders = new Map<string, KeyHolder>();
  for (const keyid of foldKeys(home.ledger.lines()).keys.keys())
    holders.set(keyid, { identity: home.identity, name: home.name, side: home.side });
  for (const { identity, name, side, keys } of partners(home))
    for (const { keyid } of keys) if (!holders.has(keyid)) holders.set(keyid, { identity, name, side });
  return holders;
}
