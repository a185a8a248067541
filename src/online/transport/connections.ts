import { once } from 'node:events';
import { Agent } from 'node:http';
import { Agent as TlsAgent } from 'node:https';
import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { connect as connectTls, createSecureContext, rootCertificates, type SecureContext } from 'node:tls';
import type { ClientCertificate } from './client-certificate.ts';
import { isLoopback } from './loopback.ts';
import { proxyOf, tunnel } from './proxy.ts';

export interface TransportOptions {
  /** PEM text of the certificate authority of {@link origin}, which alone vouches for it. */
  readonly ca?: string | undefined;
  /** The origin that {@link ca} was given for; other origins may use it beside the built-in authorities. */
  readonly origin: string;
  /** What {@link origin} alone is shown, if it asks who connects. */
  readonly client?: ClientCertificate | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Exchanges, and so connections, at a time. */
  readonly connections?: number;
  readonly connectMs?: number;
  /** Longest silence before and within an answer. */
  readonly silenceMs?: number;
  /** Longest whole exchange. */
  readonly deadlineMs?: number;
}

export interface Connections {
  /** What keeps the connections to an origin; each that it gives is ready for the first byte of a request. */
  of(origin: string): Agent;
  close(): void;
}

/** How long an idle connection is kept, in milliseconds; less where the server says so. */
const IDLE = 4_000;

/**
 * Kept-alive connections, by the authorities that they trust. Proxies come from the customary variables
 * (`HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`); the machine itself is never reached through one.
 */
export function openConnections(options: TransportOptions): Connections {
  const contexts = new Map<boolean, SecureContext>();
  const agents = new Map<string, Agent>();
  const closed = new AbortController();

  // One context for all connections that trust alike: making one reads every authority again.
  const contextOf = (origin: string): SecureContext => {
    const own = origin === options.origin;
    let context = contexts.get(own);
    if (context === undefined) {
      const { ca, client } = options;
      context = createSecureContext({
        ...(ca === undefined ? {} : { ca: own ? [ca] : [...rootCertificates, ca] }),
        ...(own && client ? { cert: client.certificate, key: client.key } : {}),
      });
      contexts.set(own, context);
    }
    return context;
  };

  return {
    of(origin) {
      const known = agents.get(origin);
      if (known !== undefined) return known;
      const secure = origin.startsWith('https:');
      const agent: Agent = new (secure ? TlsAgent : Agent)({ keepAlive: true, timeout: IDLE });
      agent.createConnection = (_request, done) => {
        const limit = AbortSignal.any([closed.signal, AbortSignal.timeout(options.connectMs ?? 10_000)]);
        connection(origin, secure ? contextOf(origin) : null, options.environment, limit).then(
          (socket) => done?.(null, socket),
          (cause: unknown) => done?.(cause as Error, undefined as never),
        );
        return undefined;
      };
      agents.set(origin, agent);
      return agent;
    },
    close() {
      closed.abort();
      for (const agent of agents.values()) agent.destroy();
    },
  };
}

/** A connection that is made, its handshake included. */
async function connection(
  origin: string,
  secureContext: SecureContext | null,
  environment: TransportOptions['environment'],
  limit: AbortSignal,
): Promise<Socket> {
  const { hostname, port: given } = new URL(origin);
  const host = hostname.replace(/^\[|\]$/g, '');
  const port = Number(given) || (secureContext === null ? 80 : 443);
  const proxy = isLoopback(origin) ? null : proxyOf(origin, environment);
  const through = proxy === null ? {} : { socket: await tunnel(proxy, host, port, limit) };
  const socket =
    secureContext === null
      ? connectPlain({ host, port })
      : connectTls({
          ...{ host, port, ...through, secureContext, ALPNProtocols: ['http/1.1'] },
          ...(isIP(host) === 0 ? { servername: host } : {}),
        });
  try {
    await once(socket, secureContext === null ? 'connect' : 'secureConnect', { signal: limit });
    return socket;
  } catch (cause) {
    socket.destroy();
    throw limit.aborted ? new Error('no connection in time', { cause }) : cause;
  }
}
