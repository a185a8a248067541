import type { CardKey } from '../station/card-keys.ts';
import type { KeyNews } from '../station/pair.ts';
import { keyDocuments, type Partner } from '../station/pairing.ts';
import { show } from './escape.ts';
import { table } from './table.ts';

/** Signing keys of a card, the ID on a line of its own so that it can be read aloud. */
export function cardKeyLines(keys: readonly Pick<CardKey, 'keyid' | 'algorithm' | 'role'>[]): string[] {
  if (keys.length === 0) return [];
  return table(
    ['ROLE', 'ALGORITHM', 'KEY ID'],
    keys.map(({ role, algorithm, keyid }) => [role, algorithm, keyid]),
  );
}

/** What a card would change about known keys, for whoever compares it. */
export function keyNewsLines({ added, vanished, shared }: KeyNews): string[] {
  return [
    ...added.map(({ keyid, role }) => `its ${show(role, 40)} key: ${keyid}`),
    ...vanished.map(({ keyid, role }) => `!! no longer its ${show(role, 40)} key: ${keyid}`),
    ...shared.map(({ keyid, name }) => `!! ${show(name)} holds this key too: ${keyid}`),
  ];
}

/** A partner for `--json`. */
export function partnerDocument(partner: Partner): object {
  return { ...partner, keys: keyDocuments(partner.keys) };
}
