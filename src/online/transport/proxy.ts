import { once } from 'node:events';
import { request as requestPlain, type IncomingMessage } from 'node:http';
import { request as requestTls } from 'node:https';
import type { Socket } from 'node:net';

type Environment = Readonly<Record<string, string | undefined>>;

/** The proxy that the customary variables name for an origin, or null: `NO_PROXY` excepts hosts and their domains. */
export function proxyOf(origin: string, environment: Environment): URL | null {
  const variable = (name: string): string => environment[name.toLowerCase()] ?? environment[name] ?? '';
  const proxy = variable('HTTPS_PROXY') || variable('HTTP_PROXY');
  return proxy === '' || isExcepted(new URL(origin), variable('NO_PROXY')) ? null : new URL(proxy);
}

/** `NO_PROXY`: `*`, or hosts with or without a port, between commas or spaces; `.example.com` is `example.com`. */
function isExcepted({ hostname, port }: URL, list: string): boolean {
  if (list === '*') return true;
  return list.split(/[,\s]+/).some((entry) => {
    const [, name = entry, only] = /^(.+):([0-9]+)$/.exec(entry) ?? [];
    const host = name.replace(/^\*?\./, '').toLowerCase();
    if (host === '' || (only !== undefined && only !== (port || '443'))) return false;
    return hostname === host || hostname.endsWith(`.${host}`);
  });
}

/** A connection through the proxy (CONNECT, RFC 9110 section 9.3.6) to a host, for TLS to be spoken over. */
export async function tunnel(proxy: URL, host: string, port: number, limit: AbortSignal): Promise<Socket> {
  const path = `${host.includes(':') ? `[${host}]` : host}:${String(port)}`;
  const { username, password } = proxy;
  const secret = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const request = (proxy.protocol === 'https:' ? requestTls : requestPlain)({
    ...{ host: proxy.hostname.replace(/^\[|\]$/g, ''), port: proxy.port, path, method: 'CONNECT' },
    ...{ agent: false, signal: limit },
    headers: {
      host: path,
      ...(secret === ':' ? {} : { 'proxy-authorization': `Basic ${Buffer.from(secret).toString('base64')}` }),
    },
  });
  request.end();
  const [answer, socket] = (await once(request, 'connect')) as [IncomingMessage, Socket];
  // what breaks the connection is an error of whoever speaks over it
  socket.on('error', () => undefined);
  if (answer.statusCode === 200) return socket;
  socket.destroy();
  throw new Error(`the proxy ${proxy.host} answered ${String(answer.statusCode)} to CONNECT ${path}`);
}
