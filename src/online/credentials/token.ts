import { unavailable } from '../../errors.ts';
import { scopeOf, type Access } from './access.ts';
import type { Challenge } from './challenge.ts';
import type { Credential } from './credential.ts';
import { isLoopback } from '../transport/loopback.ts';
import type { HttpAnswer, HttpRequest } from '../transport/exchange.ts';
import type { HttpClient, Peer } from '../transport/http.ts';

export interface Token {
  readonly value: string;
  /** Seconds since the epoch. */
  readonly end: number;
}

export interface TokenRequest {
  readonly peer: Peer;
  readonly http: HttpClient;
  readonly challenge: Challenge;
  readonly access: Access;
  /** Null asks for the anonymous token. */
  readonly credential: Credential | null;
  /** Seconds since the epoch. */
  readonly now: number;
}

const MAX_ANSWER = 256 * 1024;
/** Seconds that a token is good for where the service does not say (Docker's specification). */
const DEFAULT_LIFETIME = 60;

/**
 * Asks the challenge's realm for a token of exactly this access: GET with Basic credentials or none, or the OAuth 2
 * form for a refresh token. Never follows a redirect.
 *
 * @throws CountersignError (exit 6) AREA-REALM where the realm is neither https nor this machine, AREA-AUTH where
 *   it gives no token
 */
export async function requestToken(request: TokenRequest): Promise<Token> {
  const { peer, http, credential } = request;
  const realm = realmOf(request);
  const answer = await http.send(
    credential?.kind === 'refresh-token'
      ? refreshRequest(request, realm, credential.token)
      : plainRequest(request, realm, credential),
  );
  if (answer.status !== 200)
    throw unavailable(`${peer.area}-AUTH`, 'the token service gives no token', {
      found: `HTTP status ${String(answer.status)}`,
      where: realm.origin,
      hint: 'check user name and password',
    });
  return readToken(request, answer, realm);
}

function realmOf({ peer, challenge }: TokenRequest): URL {
  const text = challenge.parameters.get('realm') ?? '';
  const realm = URL.canParse(text) ? new URL(text) : null;
  const safe = realm?.protocol === 'https:' || (realm?.protocol === 'http:' && isLoopback(realm.origin));
  if (realm === null || !safe || realm.username !== '' || realm.password !== '')
    throw unavailable(
      `${peer.area}-REALM`,
      `the ${peer.noun} names a token service that is not to be trusted`,
      {
        expected: 'an https address',
        found: text.slice(0, 200),
      },
    );
  return realm;
}

function plainRequest(request: TokenRequest, realm: URL, credential: Credential | null): HttpRequest {
  const query = new URLSearchParams(realm.search);
  const service = request.challenge.parameters.get('service');
  if (service !== undefined) query.set('service', service);
  query.set('scope', scopeOf(request.access));
  const headers: Record<string, string> = {};
  if (credential?.kind === 'password') {
    query.set('account', credential.username);
    headers['authorization'] = basicHeader(credential);
  }
  const path = `${realm.pathname}?${query.toString()}`;
  return { method: 'GET', origin: realm.origin, path, headers, limit: MAX_ANSWER };
}

function refreshRequest(request: TokenRequest, realm: URL, token: string): HttpRequest {
  const form = new URLSearchParams({
    grant_type: 'refresh_token',
    refresh_token: token,
    service: request.challenge.parameters.get('service') ?? '',
    scope: scopeOf(request.access),
    client_id: 'countersign',
  });
  return {
    method: 'POST',
    origin: realm.origin,
    path: realm.pathname + realm.search,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: Buffer.from(form.toString()),
    limit: MAX_ANSWER,
  };
}

function readToken({ peer, now }: TokenRequest, answer: HttpAnswer, realm: URL): Token {
  const fail = (found: string): Error =>
    unavailable(`${peer.area}-AUTH`, 'the answer of the token service cannot be read', {
      expected: 'JSON with a token',
      found,
      where: realm.origin,
    });
  let parsed: Record<string, unknown> | null;
  try {
    parsed = JSON.parse(answer.body.toString('utf8')) as Record<string, unknown> | null;
  } catch {
    throw fail('not JSON');
  }
  const value = [parsed?.['token'], parsed?.['access_token']].find(
    (one) => typeof one === 'string' && one !== '',
  );
  // The value becomes a header line.
  if (typeof value !== 'string' || !/^[\x21-\x7e]+$/.test(value)) throw fail('no token');
  const lifetime = parsed?.['expires_in'];
  return { value, end: now + (typeof lifetime === 'number' && lifetime > 0 ? lifetime : DEFAULT_LIFETIME) };
}

/** Value of an Authorization header for user name and password (RFC 7617). */
export function basicHeader(credential: { readonly username: string; readonly password: string }): string {
  return `Basic ${Buffer.from(`${credential.username}:${credential.password}`).toString('base64')}`;
}
