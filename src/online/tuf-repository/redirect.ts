import { unavailable } from '../../errors.ts';

/** Redirects that are followed for one file. */
const MAX_REDIRECTS = 3;

/** What an answer says about going elsewhere. */
export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
}

/**
 * Sends a request and follows where the answers lead: to the same origin, or to any other over TLS. What comes is
 * verified by signatures, whoever sends it; no authorization is ever sent.
 *
 * @throws CountersignError SERVER-REDIRECT (exit 6)
 */
export async function followRedirects<T extends Answered>(
  start: URL,
  send: (url: URL) => Promise<T>,
): Promise<T> {
  let url = start;
  for (let hops = 0; ; hops++) {
    const answer = await send(url);
    if (![301, 302, 303, 307, 308].includes(answer.status)) return answer;
    const text = typeof answer.headers['location'] === 'string' ? answer.headers['location'] : '';
    const next = URL.canParse(text, url.href) ? new URL(text, url) : null;
    const safe = next !== null && (next.protocol === 'https:' || next.origin === url.origin);
    if (!safe || next.username !== '' || hops === MAX_REDIRECTS)
      throw unavailable('SERVER-REDIRECT', 'the web server sends us somewhere that is not followed', {
        expected: `at most ${String(MAX_REDIRECTS)} redirects, to the same origin or to https`,
        found: text.slice(0, 300),
        where: start.href,
        hint: 'if that address is right, give it as the address of the repository',
      });
    url = next;
  }
}

/** An answer that is neither the file nor its absence. */
export function badAnswer(status: number, where: string): Error {
  return unavailable('SERVER-ERROR', 'the web server answers with an error', {
    found: `HTTP ${String(status)}`,
    where,
    hint: 'run the command again later, or ask whoever runs the server',
  });
}

/** Whether a status says that there is no such file: object stores say 403 where nobody may list them. */
export function isAbsent(status: number): boolean {
  return status === 404 || status === 403;
}

/** @throws CountersignError SERVER-ENCODING (exit 6): sizes and hashes are of the file itself */
export function requireIdentity(encoding: unknown, where: string): void {
  if (encoding === undefined || encoding === 'identity') return;
  throw unavailable('SERVER-ENCODING', 'the file comes in an encoding that nobody asked for', {
    found: (typeof encoding === 'string' ? encoding : 'several encodings').slice(0, 100),
    where,
  });
}
