import { createSecureContext, rootCertificates } from 'node:tls';
import type { Dispatcher } from 'undici';

export interface TransportOptions {
  /** PEM text of the certificate authority of {@link origin}, which alone vouches for it. */
  readonly ca?: string | undefined;
  /** The origin that {@link ca} was given for; other origins may use it beside the built-in authorities. */
  readonly origin: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Connections to one origin. */
  readonly connections?: number;
  readonly connectMs?: number;
  /** Longest silence before and within an answer. */
  readonly silenceMs?: number;
  /** Longest whole exchange. */
  readonly deadlineMs?: number;
}

export interface Dispatchers {
  /** What speaks to an origin. */
  of(origin: string): Promise<Dispatcher>;
  close(): Promise<void>;
}

/**
 * Connection pools by the authorities that they trust, made when first used. Proxies come from the customary
 * variables (`HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`); the machine itself is never reached through one.
 */
export function openDispatchers(options: TransportOptions): Dispatchers {
  const pools = new Map<string, Promise<Dispatcher>>();
  return {
    of(origin) {
      const kind = options.ca === undefined ? 'default' : origin === options.origin ? 'own' : 'both';
      const direct = isLoopback(origin) ? 'direct' : 'proxied';
      const name = `${kind} ${direct}`;
      let pool = pools.get(name);
      if (pool === undefined) {
        const ca = options.ca ?? '';
        const trusted = { default: undefined, own: [ca], both: [...rootCertificates, ca] }[kind];
        pool = makePool(options, trusted, direct === 'direct');
        pools.set(name, pool);
      }
      return pool;
    },
    async close() {
      const all = [...pools.values()];
      pools.clear();
      await Promise.all(all.map(async (pool) => (await pool).destroy()));
    },
  };
}

async function makePool(
  options: TransportOptions,
  ca: readonly string[] | undefined,
  direct: boolean,
): Promise<Dispatcher> {
  // undici is CommonJS: bundled, all of it is the default export.
  const { Agent, EnvHttpProxyAgent } = (await import('undici')).default;
  // One context for all connections: making one reads every authority again.
  const secureContext = createSecureContext(ca === undefined ? {} : { ca: [...ca] });
  const tls = { timeout: options.connectMs ?? 10_000, secureContext };
  const settings = {
    connections: options.connections ?? 8,
    headersTimeout: options.silenceMs ?? 60_000,
    bodyTimeout: options.silenceMs ?? 60_000,
    connect: tls,
  };
  const variable = (name: string): string =>
    options.environment[name.toLowerCase()] ?? options.environment[name] ?? '';
  const httpsProxy = variable('HTTPS_PROXY');
  const httpProxy = variable('HTTP_PROXY');
  if (direct || (httpsProxy === '' && httpProxy === '')) return new Agent(settings);
  return new EnvHttpProxyAgent({
    ...settings,
    requestTls: tls,
    httpProxy,
    httpsProxy,
    noProxy: variable('NO_PROXY'),
  });
}

/** Whether the origin is this machine: the only one that may be spoken to without TLS. */
export function isLoopback(origin: string): boolean {
  const host = new URL(origin).hostname;
  return host === 'localhost' || host === '[::1]' || /^127(?:\.[0-9]{1,3}){3}$/.test(host);
}
