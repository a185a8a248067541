import type { Agent, ClientRequest, IncomingMessage } from 'node:http';

/** Bytes of an error body that are kept; the rest is dropped unread. */
const ERROR_BODY = 64 * 1024;

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Scheme, host and port. */
  readonly origin: string;
  /** Path and query exactly as they go on the wire. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** The body changes what is published: no answer to it is an error of its own. */
  readonly upload?: boolean;
  /** Most bytes of a successful answer. */
  readonly limit: number;
}

export interface HttpAnswer {
  readonly status: number;
  /** Lower-case names; a header that came more than once is joined by ", ". */
  readonly headers: Readonly<Record<string, string>>;
  /** Whole for a successful answer, cut at 64 KiB for any other. */
  readonly body: Buffer;
}

export interface Progress {
  /** Whether any byte of the request was handed to a connection: until then the server has seen nothing of it. */
  sent: boolean;
}

export interface Patience {
  /** Longest silence before and within an answer. */
  readonly silenceMs: number;
  /** Longest whole exchange. */
  readonly deadlineMs: number;
}

/** An answer, and whether its body was longer than what is kept of it. */
export interface ReceivedAnswer extends HttpAnswer {
  readonly cut: boolean;
}

/** One request and its answer, over a connection of the agent. Throws what broke it. */
export async function exchange(
  agent: Agent,
  request: HttpRequest,
  progress: Progress,
  { silenceMs, deadlineMs }: Patience,
): Promise<ReceivedAnswer> {
  const { request: open } = await import('node:http');
  const { protocol, hostname, port } = new URL(request.origin);
  const { method, path, body } = request;
  const outgoing = open({
    ...{ agent, protocol, hostname, port, path, method },
    headers: {
      'user-agent': 'countersign',
      ...request.headers,
      ...(body === undefined ? {} : { 'content-length': String(body.length) }),
    },
  });
  let given: Error | undefined;
  const giveUp = (why: string): void => {
    given = new Error(why);
    outgoing.destroy(given);
  };
  const deadline = setTimeout(giveUp, deadlineMs, 'no whole answer in time');
  outgoing.setTimeout(silenceMs, () => {
    giveUp('the other side stays silent');
  });
  outgoing.once('socket', () => {
    progress.sent = true;
  });
  outgoing.end(body);
  try {
    const answer = await answerTo(outgoing);
    return { ...headOf(answer), ...(await bodyOf(answer, request.limit)) };
  } catch (cause) {
    throw given ?? cause;
  } finally {
    clearTimeout(deadline);
  }
}

function answerTo(outgoing: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    outgoing.once('response', resolve);
    outgoing.on('error', reject);
    outgoing.once('close', () => {
      reject(new Error('the connection ended without an answer'));
    });
  });
}

function headOf(answer: IncomingMessage): Pick<HttpAnswer, 'status' | 'headers'> {
  const headers = Object.entries(answer.headersDistinct).map(([name, values = []]) => [
    name,
    values.join(', '),
  ]);
  return { status: answer.statusCode ?? 0, headers: Object.fromEntries(headers) as Record<string, string> };
}

async function bodyOf(answer: IncomingMessage, most: number): Promise<{ body: Buffer; cut: boolean }> {
  const limit = isSuccess({ status: answer.statusCode ?? 0 }) ? most : ERROR_BODY;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > limit) break;
  }
  return { body: Buffer.concat(chunks).subarray(0, limit), cut: size > limit };
}

/** Whether the status says that the request was carried out. */
export function isSuccess({ status }: { readonly status: number }): boolean {
  return status >= 200 && status <= 299;
}
