import { CountersignError, unavailable } from '../../errors.ts';
import { scopeOf, type Access } from './access.ts';
import { parseChallenges } from './challenge.ts';
import type { Challenge } from './challenge.ts';
import type { Credential } from './credential.ts';
import { isLoopback } from '../transport/loopback.ts';
import type { HttpAnswer, HttpRequest } from '../transport/exchange.ts';
import type { HttpClient, Peer } from '../transport/http.ts';
import { basicHeader, requestToken } from './token.ts';
import type { Token } from './token.ts';

/** Sends requests with the authorization that the server asks for. */
export interface AuthorizedClient {
  /** As {@link HttpClient.send}; AREA-AUTH (exit 6) where the server does not accept what there is to present. */
  send(request: HttpRequest, access: Access): Promise<HttpAnswer>;
  /** Gets the token for an access now, so that no upload is sent only to be turned away. */
  prepare(access: Access): Promise<void>;
}

export interface AuthorizationOptions {
  readonly peer: Peer;
  readonly origin: string;
  readonly http: HttpClient;
  /** Asked at most once for a repository, and only where an anonymous token is not enough. */
  readonly credential: (repository: string) => Promise<Credential | null>;
  /** What to do where access is not given. */
  readonly hint: string;
  /** Seconds since the epoch. */
  readonly now: () => number;
}

/** A token is renewed this many seconds before its end. */
const MARGIN = 10;

/**
 * Token and Basic authorization (Docker's distribution token specification). The scope is always our own, never
 * the one that a challenge names; a token is kept for (realm, service, scope) until it ends. Reading is tried with
 * an anonymous token first, until that is seen not to be enough.
 */
export function authorizedClient(options: AuthorizationOptions): AuthorizedClient {
  const { http, origin, peer } = options;
  const tokens = new Map<string, Promise<Token>>();
  const credentials = new Map<string, Promise<Credential | null>>();
  let challenge: Challenge | null = null;
  let probe: Promise<void> | null = null;
  let anonymousReads = true;

  const askForChallenge = async (): Promise<void> => {
    const answer = await http.send({ method: 'GET', origin, path: '/v2/', limit: 65_536 });
    if (answer.status === 401) challenge = chooseChallenge(options, answer);
  };

  const attempts = ({ actions }: Access): readonly Level[] =>
    actions === 'pull' && anonymousReads ? ['anonymous', 'known'] : ['known'];

  const present = async (asked: Challenge, access: Access, level: Level): Promise<string | null> => {
    const credential =
      level === 'anonymous' ? null : await kept(credentials, access.repository, options.credential);
    if (asked.scheme === 'basic') return basic(options, credential);
    if (level === 'known' && credential === null && access.actions === 'pull' && anonymousReads) return null;
    const { parameters } = asked;
    const name = [
      parameters.get('realm'),
      parameters.get('service'),
      access.repository,
      access.actions,
      level,
    ].join('\n');
    const ask = (): Promise<Token> =>
      requestToken({ peer, http, challenge: asked, access, credential, now: options.now() });
    try {
      let token = await kept(tokens, name, ask);
      if (token.end - MARGIN <= options.now()) {
        tokens.delete(name);
        token = await kept(tokens, name, ask);
      }
      return `Bearer ${token.value}`;
    } catch (cause) {
      tokens.delete(name);
      if (level === 'anonymous' && cause instanceof CountersignError && cause.check === `${peer.area}-AUTH`)
        return null;
      throw cause;
    }
  };

  return {
    async send(request, access) {
      if (challenge === null) {
        const first = await http.send(request);
        if (first.status !== 401) return first;
        challenge = chooseChallenge(options, first);
      }
      for (const level of attempts(access)) {
        const authorization = await present(challenge, access, level);
        if (authorization === null) continue;
        const answer = await http.send({ ...request, headers: { ...request.headers, authorization } });
        if (answer.status !== 401) {
          if (level === 'known' && access.actions === 'pull') anonymousReads = false;
          return answer;
        }
      }
      tokens.clear();
      throw denied(options, access);
    },
    async prepare(access) {
      // once, however many repositories begin at the same time; what failed is asked again
      if (challenge === null)
        await (probe ??= askForChallenge().catch((error: unknown) => {
          probe = null;
          throw error;
        }));
      if (challenge === null) return;
      const level = attempts(access).at(-1) ?? 'known';
      if ((await present(challenge, access, level)) === null) throw denied(options, access);
    },
  };
}

type Level = 'anonymous' | 'known';

/** The value under the name, made once even where two ask at the same time. */
function kept<T>(
  values: Map<string, Promise<T>>,
  name: string,
  make: (name: string) => Promise<T>,
): Promise<T> {
  let value = values.get(name);
  if (value === undefined) {
    value = make(name);
    values.set(name, value);
  }
  return value;
}

function basic({ origin, peer }: AuthorizationOptions, credential: Credential | null): string | null {
  if (credential?.kind !== 'password') return null;
  if (!origin.startsWith('https:') && !isLoopback(origin))
    throw unavailable(`${peer.area}-REALM`, 'a password is not sent without TLS', { where: origin });
  return basicHeader(credential);
}

function chooseChallenge(options: AuthorizationOptions, answer: HttpAnswer): Challenge {
  const challenges = parseChallenges(answer.headers['www-authenticate'] ?? '');
  for (const scheme of ['bearer', 'basic']) {
    const found = challenges.find((one) => one.scheme === scheme);
    if (found !== undefined) return found;
  }
  throw unavailable(`${options.peer.area}-AUTH`, 'access is denied and no way to ask for it is named', {
    expected: 'a Bearer or Basic challenge',
    where: options.origin,
  });
}

function denied({ peer, origin, hint }: AuthorizationOptions, access: Access): Error {
  return unavailable(`${peer.area}-AUTH`, `the ${peer.noun} denies access`, {
    expected: scopeOf(access),
    where: origin,
    hint,
  });
}
