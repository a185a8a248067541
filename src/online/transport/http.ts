import { CountersignError, unavailable } from '../../errors.ts';
import { atMost } from './at-once.ts';
import type { TransportOptions } from './connections.ts';
import { exchange, isSuccess, type HttpAnswer, type HttpRequest, type Progress } from './exchange.ts';
import { laterConnections } from './later-connections.ts';

/** Tries of a request that changes nothing on the server. */
const TRIES = 3;

/** How errors name the other side: the prefix of their check IDs, and a noun. */
export interface Peer {
  readonly area: 'SERVER' | 'REGISTRY';
  readonly noun: string;
}

export interface HttpClient {
  /**
   * One exchange; redirects are answers like any other. GET is repeated where a connection broke.
   *
   * @throws CountersignError (exit 6) AREA-UNREACHABLE, AREA-TLS, AREA-TOO-LARGE, and AREA-NO-ANSWER where an
   *   upload may have arrived
   */
  send(request: HttpRequest): Promise<HttpAnswer>;
  close(): Promise<void>;
}

/** Kept-alive connections, for any number of repositories. */
export function openHttpClient(peer: Peer, options: TransportOptions): HttpClient {
  const connections = laterConnections(options);
  const inTurn = atMost(options.connections ?? 8);
  const { silenceMs = 60_000, deadlineMs = 120_000 } = options;

  const attempt = async (request: HttpRequest, progress: Progress): Promise<HttpAnswer> => {
    const agent = (await connections.get()).of(request.origin);
    const answer = await exchange(agent, request, progress, { silenceMs, deadlineMs });
    if (answer.cut && isSuccess(answer) && request.upload !== true) throw tooLarge(peer, request);
    return answer;
  };

  return {
    send: (request) =>
      inTurn(async () => {
        for (let tried = 1; ; tried++) {
          const progress: Progress = { sent: false };
          try {
            return await attempt(request, progress);
          } catch (cause) {
            if (request.method === 'GET' && tried < TRIES && BROKEN.has(codeOf(cause))) continue;
            throw explain(peer, request, progress, cause);
          }
        }
      }),
    close: () => connections.close(),
  };
}

function tooLarge(peer: Peer, request: HttpRequest): Error {
  return unavailable(`${peer.area}-TOO-LARGE`, `the ${peer.noun} sent more than this file may hold`, {
    expected: `at most ${String(request.limit)} bytes`,
    where: request.origin + request.path,
  });
}

const BROKEN = new Set(['ECONNRESET', 'EPIPE']);
const TLS = /^(?:ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|HOSTNAME_MISMATCH|INVALID_CA|EPROTO)/;
/** What a server says that wants to see a certificate, or another one. */
const WANTS_CERTIFICATE = /ALERT_(?:CERTIFICATE_REQUIRED|BAD_CERTIFICATE|UNKNOWN_CA|HANDSHAKE_FAILURE)/;

function codeOf(cause: unknown): string {
  const code = cause instanceof Error ? (cause as NodeJS.ErrnoException).code : undefined;
  return typeof code === 'string' ? code : '';
}

function explain(peer: Peer, request: HttpRequest, progress: Progress, cause: unknown): unknown {
  if (cause instanceof CountersignError) return cause;
  const code = codeOf(cause);
  const found = cause instanceof Error ? `${code} ${cause.message}`.trim().slice(0, 300) : 'an unknown error';
  const where = request.origin;
  if (request.upload === true && progress.sent)
    return unavailable(
      `${peer.area}-NO-ANSWER`,
      `the ${peer.noun} did not answer after the upload was sent`,
      {
        found,
        where,
        hint: 'what was sent may have arrived: run the command again, it looks first at what is published',
        cause,
      },
    );
  if (TLS.test(code))
    return unavailable(`${peer.area}-TLS`, `no trusted TLS connection to the ${peer.noun}`, {
      found,
      where,
      hint: WANTS_CERTIFICATE.test(code)
        ? 'the server asks who connects: repository add --tls-cert FILE --tls-key FILE'
        : 'give the certificate authority of the server with --ca FILE',
      cause,
    });
  return unavailable(`${peer.area}-UNREACHABLE`, `the ${peer.noun} cannot be reached`, {
    found,
    where,
    hint: 'check the address, the network and that the server runs',
    cause,
  });
}
