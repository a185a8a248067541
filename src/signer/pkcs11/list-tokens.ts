import { ALGORITHMS, type Algorithm } from '../../metadata/key.ts';
import { type ChildOptions, TokenProcess } from './child-process.ts';
import { chooseToken } from './choose-token.ts';
import { CKF, CKM } from './constants.ts';
import { asked, nameToken } from './pin.ts';
import type { TokenFacts } from './protocol.ts';
import { algorithmOf } from './token-public-key.ts';
import { formatTokenUri, type TokenUri } from './uri.ts';

type PinState =
  'none' | 'not-set' | 'keypad' | 'ready' | 'attempts-low' | 'final-try' | 'locked' | 'to-be-changed';

/** A token as it can be seen without a PIN; every text is the token's own. */
export interface TokenDescription {
  readonly uri: string;
  readonly label: string;
  readonly serial: string;
  readonly manufacturer: string;
  readonly model: string;
  readonly initialized: boolean;
  readonly pin: PinState;
  readonly minPinLength: number;
  readonly maxPinLength: number;
}

export interface TokenContents extends TokenDescription {
  /** Algorithms that the token can both generate and sign with, as its list of mechanisms says. */
  readonly algorithms: readonly Algorithm[];
  /** Public keys that it shows without a login. */
  readonly publicKeys: readonly {
    readonly id: string;
    readonly label: string;
    /** null for an algorithm that we do not sign with. */
    readonly algorithm: Algorithm | null;
  }[];
}

/** The tokens that a module sees; no login. */
export async function listTokens(options: ChildOptions): Promise<TokenDescription[]> {
  const { process, tokens } = await TokenProcess.start(options);
  await process.close();
  return tokens.map(describeToken);
}

/** One token, what it can do and which public keys it shows; no login. */
export async function showToken(options: ChildOptions & { readonly uri: TokenUri }): Promise<TokenContents> {
  const { process, tokens } = await TokenProcess.start(options);
  try {
    const chosen = chooseToken(tokens, options.uri);
    process.where = nameToken(chosen);
    const mechanisms = await process.call('mechanisms', { slot: chosen.slot });
    const token = await process.call('select', { slot: chosen.slot, ...asked(chosen) });
    const publicKeys = await process.call('publicKeys', null);
    return {
      ...describeToken(token),
      algorithms: ALGORITHMS.filter((algorithm) =>
        MECHANISMS[algorithm].every((one) => mechanisms.includes(one)),
      ),
      publicKeys: publicKeys.map(({ id, label, raw }) => ({ id, label, algorithm: algorithmOf(raw) })),
    };
  } finally {
    await process.close();
  }
}

const RSA = [CKM.rsaKeyPairGen, CKM.rsaPss];
const MECHANISMS: Readonly<Record<Algorithm, readonly number[]>> = {
  'ecdsa-p256': [CKM.ecKeyPairGen, CKM.ecdsa],
  'ecdsa-p384': [CKM.ecKeyPairGen, CKM.ecdsa],
  ed25519: [CKM.edwardsKeyPairGen, CKM.eddsa],
  'rsa-2048': RSA,
  'rsa-3072': RSA,
  'rsa-4096': RSA,
};

function describeToken(token: TokenFacts): TokenDescription {
  const { label, serial, manufacturer, model, minPinLength, maxPinLength } = token;
  return {
    uri: formatTokenUri({ token: label, serial }),
    label,
    serial,
    manufacturer,
    model,
    initialized: (token.flags & CKF.tokenInitialized) !== 0,
    pin: pinState(token.flags),
    minPinLength,
    maxPinLength,
  };
}

function pinState(flags: number): PinState {
  const has = (flag: number): boolean => (flags & flag) !== 0;
  if (has(CKF.protectedAuthenticationPath)) return 'keypad';
  if (!has(CKF.loginRequired)) return 'none';
  if (!has(CKF.userPinInitialized)) return 'not-set';
  if (has(CKF.userPinLocked)) return 'locked';
  if (has(CKF.userPinToBeChanged)) return 'to-be-changed';
  if (has(CKF.userPinFinalTry)) return 'final-try';
  return has(CKF.userPinCountLow) ? 'attempts-low' : 'ready';
}
