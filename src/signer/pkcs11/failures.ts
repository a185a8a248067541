import { CountersignError, refused, unavailable } from '../../errors.ts';
import { CKR } from './constants.ts';
import { loginError } from './pin.ts';
import type { Failure } from './protocol.ts';

type CryptokiFailure = Failure & { readonly kind: 'cryptoki' };

const GONE: ReadonlySet<number> = new Set([
  CKR.slotIdInvalid,
  CKR.deviceRemoved,
  CKR.keyHandleInvalid,
  CKR.objectHandleInvalid,
  CKR.sessionClosed,
  CKR.sessionHandleInvalid,
  CKR.tokenNotPresent,
  CKR.tokenNotRecognized,
]);

const UNSUPPORTED: ReadonlySet<number> = new Set([
  CKR.mechanismInvalid,
  CKR.mechanismParamInvalid,
  CKR.domainParamsInvalid,
  CKR.curveNotSupported,
]);

/** What a failure in the child means to the people in front of it. `where` names the token or the module. */
export function failureError(failure: Failure, where: string): CountersignError {
  switch (failure.kind) {
    case 'addon':
      return unavailable('TOKEN-ADDON', 'the part that talks to PKCS#11 modules is not built', {
        where: 'pkcs11js',
        hint: 'npm rebuild pkcs11js (needs python3, make and a C++ compiler)',
      });
    case 'load':
      return unavailable('TOKEN-MODULE', 'the PKCS#11 module does not load', {
        found: failure.message.slice(0, 300),
        where,
        hint: 'check that the path names a PKCS#11 module and that everything it needs is installed',
      });
    case 'swapped':
      return refused('TOKEN-SWAPPED', 'another token is in the slot', {
        where,
        hint: 'put the token back that was chosen, and begin again',
      });
    case 'pin-state':
      return unavailable('PIN-LOCKED', 'the state of the PIN became worse before it could be used', {
        where,
        hint: 'somebody else tried a PIN on this token: look at it with token show',
      });
    case 'key':
      return failure.count === 0
        ? unavailable('TOKEN-KEY', 'the key is not in the token', {
            expected: `a private key with CKA_ID ${failure.id}`,
            where,
            hint: 'check that it is the right token, and that nobody has deleted the key',
          })
        : refused('TOKEN-KEY-TWICE', 'several private keys in the token have the same CKA_ID', {
            expected: 'one',
            found: `${String(failure.count)} with CKA_ID ${failure.id}`,
            where,
            hint: 'give the other keys another CKA_ID with the tools of the token',
          });
    case 'grade':
      return refused('KEY-GRADE', 'the token no longer claims that the private key cannot leave it', {
        expected: 'CKA_SENSITIVE true, CKA_EXTRACTABLE false',
        where: `${where}, CKA_ID ${failure.id}`,
        hint: 'treat the key as compromised until you know who changed it',
      });
    case 'consent':
      return unavailable('PIN-CONSENT', 'the key asks for its PIN at each signature', {
        where,
        hint: 'run the command again and agree to one login for each signature',
      });
    case 'internal':
      return unavailable('TOKEN-ERROR', 'the process that holds the token failed', {
        found: failure.message.slice(0, 300),
        where,
      });
    case 'cryptoki':
      return cryptokiError(failure, where);
  }
}

/** The return value of a failed C_Login behind an error, or null for any other error. */
export function loginReturnValue(error: unknown): number | null {
  if (!(error instanceof CountersignError)) return null;
  const cause = error.cause as CryptokiFailure | undefined;
  return cause?.kind === 'cryptoki' && cause.method === 'C_Login' ? cause.code : null;
}

function cryptokiError(failure: CryptokiFailure, where: string): CountersignError {
  const found = `${failure.method}: ${failure.rv} (0x${failure.code.toString(16)})`;
  const pin = failure.method === 'C_Login' ? loginError(failure, null, where) : null;
  if (pin !== null) return pin;
  if (GONE.has(failure.code))
    return unavailable('TOKEN-GONE', 'the token was removed or its session is lost', {
      found,
      where,
      cause: failure,
      hint: 'put the token back and run the command again: what was signed is kept, nothing was released',
    });
  if (failure.method === 'C_CreateObject')
    return unavailable('TOKEN-IMPORT', 'the token takes no private key from outside', {
      found,
      where,
      cause: failure,
      hint: 'import the key into a key file, generate a new key in the token, and rotate to it',
    });
  if (failure.method === 'C_GenerateKeyPair' || UNSUPPORTED.has(failure.code))
    return unavailable('TOKEN-ALGORITHM', 'the token does not take this algorithm', {
      found,
      where,
      cause: failure,
      hint: 'countersign token show lists the algorithms of the token',
    });
  return unavailable('TOKEN-ERROR', 'the token answered with an error', {
    found,
    where,
    cause: failure,
    hint: 'look at the token with token show; run the command again when it works',
  });
}
