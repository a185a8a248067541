import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';

export interface PlainAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

export interface PlainRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  readonly caPem?: string;
  /** What a server that asks for it is shown: PEM texts. */
  readonly client?: { readonly cert: string; readonly key: string };
}

/** One request by node's own client: the tests' view of a server, independent of the client under test. */
export async function plainRequest(url: string, options: PlainRequest = {}): Promise<PlainAnswer> {
  const send = url.startsWith('https:') ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const outgoing = send(
      url,
      {
        method: options.method ?? 'GET',
        headers: options.headers,
        agent: false,
        ...(options.caPem === undefined ? {} : { ca: options.caPem }),
        ...options.client,
      },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('error', reject);
        answer.on('end', () => {
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks) });
        });
      },
    );
    outgoing.setTimeout(20_000, () => outgoing.destroy(new Error(`no answer from ${url}`)));
    outgoing.on('error', reject);
    outgoing.end(options.body);
  });
}
