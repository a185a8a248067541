import type { CardKey } from '../../station/cards/card-keys.ts';
import type { KeyNews } from '../../station/cards/pair.ts';
import { keyDocuments, type Partner } from '../../station/cards/pairing.ts';
import { show } from '../escape.ts';

/** Signing keys of a card, each ID whole on a line of its own so that it can be read aloud. */
export function cardKeyLines(keys: readonly Pick<CardKey, 'keyid' | 'algorithm' | 'role'>[]): string[] {
  return keys.flatMap(({ role, algorithm, keyid }) => [`${show(role, 40)}, ${algorithm}`, `  ${keyid}`]);
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
