import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { usage } from '../errors.ts';
import { exchangeEvent } from './ledger/events.ts';
import { openHome, type Home } from './home/home.ts';
import { writeOut } from './files/outgoing.ts';

export interface ResentBundle {
  readonly kind: 'request' | 'response';
  readonly digest: string;
  readonly out: string;
  readonly readBack: 'direct' | 'replug';
}

/**
 * Writes a bundle that this station sealed once more, the same bytes, without keys or a new sequence (M7).
 *
 * @param digest of the request or of the bundle, or the beginning of one (eight digits at least)
 * @throws RESEND-UNKNOWN (exit 2)
 */
export async function resend(folder: string, digest: string, out: string): Promise<ResentBundle> {
  const home = await openHome(folder, { write: true });
  try {
    const { kind, found } = sealedBundle(home, digest);
    const bytes = readFileSync(join(home.dir, `${kind}s`, `${found}.tar`));
    const { readBack } = writeOut(out, [bytes], bytes.length);
    return { kind, digest: found, out, readBack };
  } finally {
    home.close();
  }
}

function sealedBundle(home: Home, digest: string): { kind: 'request' | 'response'; found: string } {
  const matches = (text: string): boolean =>
    text === digest || (digest.length >= 8 && text.startsWith(digest));
  for (const line of home.ledger.lines()) {
    const { event, data } = exchangeEvent(line);
    if (
      event === 'sealed' &&
      (matches(data.request) || matches(data.response)) &&
      existsSync(join(home.dir, 'responses', `${data.response}.tar`))
    )
      return { kind: 'response', found: data.response };
    if (
      event === 'exported' &&
      matches(data.request) &&
      existsSync(join(home.dir, 'requests', `${data.request}.tar`))
    )
      return { kind: 'request', found: data.request };
  }
  throw usage('RESEND-UNKNOWN', 'this station has sealed no such bundle', {
    found: digest,
    hint: 'log show lists what was sealed',
  });
}
