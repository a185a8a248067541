import { createSign, randomUUID, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { runOk, scratchFolder } from './process.ts';
import { testTls } from './tls.ts';

/** Options block of `auth.token` in the configuration of notary-server and docker-registry. */
export interface TokenAuth {
  readonly realm: string;
  readonly service: string;
  readonly issuer: string;
  readonly rootcertbundle: string;
}

export interface TokenServerPeer {
  readonly auth: TokenAuth;
  readonly ca: string;
  /** Every request: its query, and `user:password` of its Basic header or null. */
  readonly requests: {
    readonly query: URLSearchParams;
    readonly basic: string | null;
    readonly method: string;
  }[];
  stop(): Promise<void>;
}

export interface TokenServerOptions {
  readonly users: Readonly<Record<string, string>>;
  /** Actions that nobody in particular gets; default none. */
  readonly anonymous?: readonly string[];
  /** Refresh tokens that the OAuth 2 form of the request accepts. */
  readonly refreshTokens?: readonly string[];
  /** Seconds that a token is good for; default 300. */
  readonly lifetime?: number;
}

const base64url = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A token server (Docker's distribution token specification) with RS256 tokens that carry their certificate. */
export async function startTokenServer(options: TokenServerOptions): Promise<TokenServerPeer> {
  const tls = await testTls();
  const folder = scratchFolder('token-server');
  const [keyFile, certFile] = [join(folder, 'token.key'), join(folder, 'token.crt')];
  await runOk('openssl', [
    ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '30', '-subj', '/CN=Test token issuer'],
    ...['-keyout', keyFile, '-out', certFile],
  ]);
  const key = readFileSync(keyFile);
  const certificate = new X509Certificate(readFileSync(certFile)).raw.toString('base64');
  const service = 'test-service';
  const issuer = 'test-issuer';
  const lifetime = options.lifetime ?? 300;
  const requests: TokenServerPeer['requests'] = [];

  const token = (subject: string, scope: string | null, allowed: (action: string) => boolean): string => {
    const now = Math.floor(Date.now() / 1_000);
    const found = /^([a-z]+):(.+):([^:]+)$/.exec(scope ?? '');
    const actions = (found?.[3] ?? '').split(',').filter((action) => action !== '' && allowed(action));
    const access = found === null ? [] : [{ type: found[1], name: found[2], actions }];
    const claims = {
      ...{ iss: issuer, sub: subject, aud: service, access, jti: randomUUID() },
      ...{ iat: now, nbf: now - 10, exp: now + lifetime },
    };
    const signed = `${base64url({ typ: 'JWT', alg: 'RS256', x5c: [certificate] })}.${base64url(claims)}`;
    return `${signed}.${createSign('sha256').update(signed).sign(key).toString('base64url')}`;
  };

  const answer = (request: IncomingMessage, body: string): object | null => {
    const url = new URL(request.url ?? '/', 'https://localhost');
    const header = request.headers.authorization ?? '';
    const basic = header.startsWith('Basic ') ? Buffer.from(header.slice(6), 'base64').toString() : null;
    const query = request.method === 'POST' ? new URLSearchParams(body) : url.searchParams;
    requests.push({ query, basic, method: request.method ?? '' });
    if (request.method === 'POST') {
      if (!(options.refreshTokens ?? []).includes(query.get('refresh_token') ?? '')) return null;
      return { access_token: token('refreshed', query.get('scope'), () => true), expires_in: lifetime };
    }
    if (basic === null) {
      const anonymous = options.anonymous ?? [];
      return {
        token: token('', query.get('scope'), (action) => anonymous.includes(action)),
        expires_in: lifetime,
      };
    }
    const [user = '', ...rest] = basic.split(':');
    if (options.users[user] !== rest.join(':')) return null;
    return { token: token(user, query.get('scope'), () => true), expires_in: lifetime };
  };

  const server = createServer({ key: tls.keyPem, cert: tls.certPem }, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const found = answer(request, Buffer.concat(chunks).toString());
      response.writeHead(found === null ? 401 : 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(found ?? { details: 'incorrect username or password' }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the token server has no port');
  return {
    auth: {
      realm: `https://localhost:${String(address.port)}/token`,
      service,
      issuer,
      rootcertbundle: certFile,
    },
    ca: tls.ca,
    requests,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
