import { isUtf8 } from 'node:buffer';
import { type CountersignError, refused, unavailable } from '../../errors.ts';
import { CKF, CKR } from './constants.ts';
import type { TokenFacts } from './protocol.ts';

/** The token that a question is about: chosen before anybody is asked anything. */
export interface AskedToken {
  readonly label: string;
  readonly serial: string;
}

export interface PinRequest extends AskedToken {
  /** One login, or as many logins as signatures, for keys that ask each time. */
  readonly purpose: 'login' | 'signatures';
  /** How many logins will use this PIN: 1, or the number of signatures. */
  readonly logins: number;
}

/** How the people, or a script, take part. Without a terminal `finalTry` and `consent` are left out. */
export interface PinDialogue {
  /** Gives the PIN as UTF-8 bytes. The buffer becomes ours and is zeroed after its use. */
  pin(request: PinRequest): Promise<Buffer>;
  /** Told that the token counts failed attempts, before the PIN is asked. */
  countLow?(token: AskedToken): void;
  /** A typed confirmation that the last attempt may be used. */
  finalTry?(token: AskedToken): Promise<boolean>;
  /** Agreement to one login for each of so many signatures. */
  consent?(request: AskedToken & { readonly signatures: number }): Promise<boolean>;
}

/**
 * Checks, before a PIN is asked, that the token can take one.
 *
 * @returns whether the people confirmed the use of the last attempt
 * @throws CountersignError PIN-PATH, PIN-NOT-SET, PIN-NONE, PIN-CHANGE, PIN-LOCKED, PIN-FINAL-TRY (all exit 6)
 */
export async function checkPinState(token: TokenFacts, dialogue: PinDialogue): Promise<boolean> {
  const has = (flag: number): boolean => (token.flags & flag) !== 0;
  const where = nameToken(token);
  if (has(CKF.protectedAuthenticationPath))
    throw unavailable('PIN-PATH', 'the token takes its PIN at its own keypad, which is not supported', {
      where,
      hint: 'use a reader without keypad, or switch the keypad off in the configuration of the module',
    });
  if (!has(CKF.loginRequired))
    throw unavailable('PIN-NONE', 'the token asks for no PIN', {
      where,
      hint: 'set a user PIN with the tools of the token: keys that anybody can use do not sign here',
    });
  if (!has(CKF.userPinInitialized))
    throw unavailable('PIN-NOT-SET', 'the token has no user PIN yet', {
      where,
      hint: 'set the user PIN with the tools of the token',
    });
  if (has(CKF.userPinLocked)) throw pinLocked(where);
  if (has(CKF.userPinToBeChanged))
    throw unavailable('PIN-CHANGE', 'the token wants its user PIN to be changed first', {
      where,
      hint: 'change the user PIN with the tools of the token',
    });
  if (has(CKF.userPinFinalTry)) {
    if ((await dialogue.finalTry?.(asked(token))) === true) return true;
    throw unavailable('PIN-FINAL-TRY', 'one wrong PIN more locks the token', {
      where,
      hint: 'be sure of the PIN, then run the command at a terminal and confirm',
    });
  }
  if (has(CKF.userPinCountLow)) dialogue.countLow?.(asked(token));
  return false;
}

/**
 * Checks a PIN as far as that costs no attempt.
 *
 * @throws CountersignError PIN-EMPTY, PIN-TEXT, PIN-LENGTH (exit 3)
 */
export function checkPin(pin: Uint8Array, token: TokenFacts): void {
  const where = nameToken(token);
  if (pin.length === 0)
    throw refused('PIN-EMPTY', 'the PIN is empty', { where, hint: 'an empty PIN would count as an attempt' });
  if (!isUtf8(pin) || pin.includes(0)) throw refused('PIN-TEXT', 'the PIN is not UTF-8 text', { where });
  // Some modules give no upper limit, as 0.
  const most = token.maxPinLength === 0 ? Infinity : token.maxPinLength;
  if (pin.length < token.minPinLength || pin.length > most)
    throw refused('PIN-LENGTH', 'the PIN has not the length that the token takes', {
      expected: `${String(token.minPinLength)} to ${String(token.maxPinLength)} bytes`,
      where,
      hint: 'no attempt was used',
    });
}

/** What a failed C_Login means; `flags` are the token's after it, or null where it no longer tells. */
export function loginError(
  cause: { readonly code: number },
  flags: number | null,
  where: string,
): CountersignError | null {
  const { code } = cause;
  if (code === CKR.pinLocked) return pinLocked(where);
  if (code === CKR.pinIncorrect)
    return unavailable('PIN-INCORRECT', 'the PIN is not correct', {
      found: attemptsLeft(flags),
      where,
      cause,
      hint: 'one attempt was used and it was not repeated; find out the PIN before you try again',
    });
  if (code === CKR.pinExpired)
    return unavailable('PIN-CHANGE', 'the PIN has expired', {
      where,
      hint: 'change the user PIN with the tools of the token',
    });
  if (code === CKR.pinLenRange || code === CKR.pinInvalid)
    return unavailable('PIN-INVALID', 'the token does not take such a PIN', {
      found: attemptsLeft(flags),
      where,
      cause,
    });
  return null;
}

/** `token "LABEL", serial SERIAL`: how errors name a token. */
export function nameToken(token: AskedToken): string {
  return `token "${token.label}", serial ${token.serial}`;
}

export function asked(token: TokenFacts): AskedToken {
  return { label: token.label, serial: token.serial };
}

function attemptsLeft(flags: number | null): string {
  if (flags === null) return 'the token does not tell how many attempts are left';
  if ((flags & CKF.userPinLocked) !== 0) return 'the token says that the PIN is now locked';
  if ((flags & CKF.userPinFinalTry) !== 0) return 'the token says that one attempt is left';
  if ((flags & CKF.userPinCountLow) !== 0) return 'the token says that there was at least one failed attempt';
  return 'the token does not tell how many attempts are left';
}

function pinLocked(where: string): CountersignError {
  return unavailable('PIN-LOCKED', 'the PIN of the token is locked', {
    where,
    hint: 'the security officer of the token can set a new user PIN',
  });
}
