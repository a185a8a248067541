import { refused, unavailable, usage } from '../../errors.ts';
import { CKF } from './constants.ts';
import { nameToken } from './pin.ts';
import type { TokenFacts } from './protocol.ts';
import type { TokenUri } from './uri.ts';

/**
 * The one token that a URI means; its label and serial are what everything after goes by.
 *
 * @throws CountersignError TOKEN-URI (exit 2) if the URI names neither label nor serial, TOKEN-ABSENT (exit 6),
 *   TOKEN-AMBIGUOUS (exit 3)
 */
export function chooseToken(tokens: readonly TokenFacts[], uri: TokenUri): TokenFacts {
  if (uri.token === undefined && uri.serial === undefined)
    throw usage('TOKEN-URI', 'the URI names no token', {
      expected: 'token=LABEL, serial=SERIAL or both',
      hint: 'countersign token list shows the URI of each token',
    });
  const usable = tokens.filter(({ flags }) => (flags & CKF.tokenInitialized) !== 0);
  const matching = usable.filter((token) => matches(token, uri));
  const [only, ...more] = matching;
  if (only === undefined)
    throw unavailable('TOKEN-ABSENT', 'the token is not there', {
      expected: nameToken({ label: uri.token ?? 'of any label', serial: uri.serial ?? 'any' }),
      found: usable.length === 0 ? 'no token' : usable.slice(0, 8).map(nameToken).join('; '),
      hint: 'put the token in; countersign token list shows what the module sees',
    });
  if (more.length > 0)
    throw refused('TOKEN-AMBIGUOUS', 'several tokens fit', {
      expected: 'one',
      found: matching.slice(0, 8).map(nameToken).join('; '),
      hint: 'add ;serial=SERIAL to the URI',
    });
  return only;
}

function matches(token: TokenFacts, uri: TokenUri): boolean {
  return (
    (uri.token ?? token.label) === token.label &&
    (uri.serial ?? token.serial) === token.serial &&
    (uri.manufacturer ?? token.manufacturer) === token.manufacturer &&
    (uri.model ?? token.model) === token.model
  );
}
