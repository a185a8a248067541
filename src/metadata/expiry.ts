import { refused } from '../errors.ts';
import { formatTime } from '../encoding/time.ts';
import type { KeyContext } from './dialect.ts';
import type { SignedDocument } from './document.ts';

/** @throws READ-EXPIRED for a document that has expired at the one time that a whole reading goes by */
export function requireUnexpired(document: SignedDocument, { repository, now }: KeyContext): void {
  if (document.expires >= now) return;
  throw refused('READ-EXPIRED', `${document.role} has expired`, {
    expected: 'an expiry in the future',
    found: expiryOf(document),
    where: `${repository} ${document.role} version ${String(document.version)}`,
  });
}

/** When a document expires, as metadata writes times. */
export function expiryOf({ expires }: SignedDocument): string {
  return formatTime(Math.floor(expires / 1000));
}
