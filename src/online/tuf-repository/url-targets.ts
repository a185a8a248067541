import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { CountersignError, unavailable } from '../../errors.ts';
import type { TargetEntry } from '../../metadata/document.ts';
import type { Connections } from '../transport/connections.ts';
import { badAnswer, followRedirects, isAbsent, requireIdentity } from './redirect.ts';
import { targetPaths } from './target-files.ts';

/** Milliseconds in which a transfer may begin, besides those for its bytes. */
const PATIENCE = 120_000;
/** Bytes in a millisecond below which a transfer is given up: a file that never ends to arrive stops nobody. */
const SLOWEST = 10;

/**
 * As {@link TargetFiles.openTarget}, from a web server.
 *
 * @param silenceMs longest silence before and within the answer
 */
export async function openTargetUrl(
  connections: Connections,
  base: URL,
  path: string,
  entry: TargetEntry,
  consistent: boolean,
  silenceMs: number,
): Promise<AsyncIterable<Uint8Array> | null> {
  for (const segments of targetPaths(path, entry, consistent)) {
    const url = new URL(segments.map((segment) => encodeURIComponent(segment)).join('/'), base);
    const signal = AbortSignal.timeout(patience(entry));
    try {
      const answer = await followRedirects(url, (at) => get(connections, at, signal, silenceMs));
      if (answer.status === 200) {
        requireIdentity(answer.headers['content-encoding'], url.href);
        return bounded(answer.body, entry, url.href);
      }
      answer.body.destroy();
      if (!isAbsent(answer.status)) throw badAnswer(answer.status, url.href);
    } catch (cause) {
      throw explain(cause, url.href);
    }
  }
  return null;
}

/** Milliseconds for a whole transfer; timers hold no more than 24 days. */
function patience({ length }: TargetEntry): number {
  return Math.min(Math.ceil(PATIENCE + length / SLOWEST), 2 ** 31 - 1);
}

async function get(
  connections: Connections,
  url: URL,
  signal: AbortSignal,
  silenceMs: number,
): Promise<{ status: number; headers: Readonly<Record<string, unknown>>; body: Readable }> {
  const { request } = await import('node:http');
  const { protocol, hostname, port } = url;
  const outgoing = request({
    ...{ agent: connections.of(url.origin), protocol, hostname, port, signal },
    path: url.pathname + url.search,
    headers: { 'user-agent': 'countersign' },
  });
  const answered = once(outgoing, 'response') as Promise<[IncomingMessage]>;
  // before and within the answer, until it is read to its end
  outgoing.setTimeout(silenceMs, () => outgoing.destroy(new Error('the other side stays silent')));
  outgoing.end();
  const [body] = await answered;
  // what is left unread ends its connection; the error that says so is nobody's
  outgoing.on('error', () => undefined);
  body.on('error', () => undefined);
  const status = body.statusCode ?? 0;
  if (status >= 300 && status <= 399) body.destroy();
  return { status, headers: body.headers, body };
}

async function* bounded(body: Readable, entry: TargetEntry, where: string): AsyncGenerator<Uint8Array> {
  let left = entry.length;
  try {
    for await (const piece of body as AsyncIterable<Buffer>) {
      left -= piece.length;
      if (left < 0)
        throw unavailable('TARGET-TOO-LARGE', 'the target file is larger than its entry says', {
          expected: `at most ${String(entry.length)} bytes`,
          where,
        });
      yield piece;
    }
  } catch (cause) {
    throw explain(cause, where);
  } finally {
    body.destroy();
  }
}

function explain(cause: unknown, where: string): CountersignError {
  if (cause instanceof CountersignError) return cause;
  return unavailable('SERVER-UNREACHABLE', 'the target file cannot be fetched', {
    found: cause instanceof Error ? cause.message.slice(0, 300) : 'an unknown error',
    where,
    hint: 'check the address, the network, the certificate authority (--ca FILE) and that the server runs',
    cause,
  });
}
