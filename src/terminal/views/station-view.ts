import type { Home } from '../../station/home/home.ts';
import { foldKeys } from '../../station/keys/key-registry.ts';
import { partners } from '../../station/cards/pairing.ts';
import { cardKeyLines, partnerDocument } from './card-key-view.ts';
import { digestLines } from './digest-block.ts';
import { show } from '../escape.ts';
import { table } from './table.ts';

/** A station as people see it: what it is, whom it trusts, and the ledger's head to compare with the paper. */
export function stationLines(home: Home): string[] {
  const head = home.ledger.head();
  const known = partners(home);
  return [
    `station ${home.name}: ${home.side}, ${home.environment}`,
    `signing keys: ${String(foldKeys(home.ledger.lines()).keys.size)}`,
    '',
    ...(known.length === 0
      ? ['paired with no station yet']
      : table(
          ['PARTNER', 'SIDE', 'IDENTITY'],
          known.map(({ name, side, identity }) => [name, side, identity]),
        )),
    ...known.flatMap(({ name, keys }) =>
      keys.length === 0 ? [] : ['', `keys of ${show(name)}`, ...cardKeyLines(keys)],
    ),
    '',
    ...digestLines('identity', home.identity),
    '',
    `ledger line ${String(head.line)}`,
    ...digestLines('ledger head', head.hash),
  ];
}

/** The same for `--json`. */
export function stationDocument(home: Home): object {
  return {
    name: home.name,
    side: home.side,
    environment: home.environment,
    identity: home.identity,
    partners: partners(home).map(partnerDocument),
    keys: foldKeys(home.ledger.lines()).keys.size,
    head: home.ledger.head(),
  };
}
