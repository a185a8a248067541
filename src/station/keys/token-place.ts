import { listTokens } from '../../signer/pkcs11/list-tokens.ts';
import { resolveModule } from '../../signer/pkcs11/module.ts';
import { parseTokenUri } from '../../signer/pkcs11/uri.ts';
import { usage } from '../../errors.ts';
import type { Home } from '../home/home.ts';
import { allowedModules } from './modules.ts';
import type { SignerPlace } from './signers.ts';

/** A token that a URI names, found without a login; and the object label that it asks for. */
export interface NamedToken {
  readonly place: SignerPlace;
  readonly label: string | undefined;
  readonly pinSource: string | undefined;
}

/**
 * Finds the one token that a URI names, through a module of the allow-list (R12: chosen before a PIN is asked).
 *
 * @throws TOKEN-URI, TOKEN-MODULE-*, TOKEN-NONE, TOKEN-AMBIGUOUS
 */
export async function tokenPlace(home: Home, text: string): Promise<NamedToken> {
  const uri = parseTokenUri(text);
  const module = resolveModule(uri, allowedModules(home.ledger.lines()));
  const tokens = (await listTokens({ module })).filter(
    ({ label, serial, initialized }) =>
      initialized &&
      (uri.token === undefined || label === uri.token) &&
      (uri.serial === undefined || serial === uri.serial),
  );
  const [token, second] = tokens;
  if (!token || second)
    throw usage(
      token ? 'TOKEN-AMBIGUOUS' : 'TOKEN-NONE',
      token ? 'several tokens fit the URI' : 'no token fits the URI',
      {
        found: tokens.map(({ label, serial }) => `${label} ${serial}`).join(', ') || 'none',
        hint: 'countersign token list shows what is there',
      },
    );
  return {
    place: { kind: 'token', module: module.path, token: token.label, serial: token.serial },
    label: uri.object,
    pinSource: uri.pinSource,
  };
}
