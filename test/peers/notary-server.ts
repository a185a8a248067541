import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { plainRequest } from './https.ts';
import { freePort } from './ports.ts';
import { scratchFolder, startDaemon } from './process.ts';
import { testTls, type ClientTls } from './tls.ts';
import type { TokenAuth } from './token-server.ts';

export interface NotaryServerPeer {
  /** `https://localhost:PORT` */
  readonly url: string;
  /** `localhost:PORT` */
  readonly host: string;
  /** CA file, and its contents. */
  readonly ca: string;
  readonly caPem: string;
  readonly pid: number;
  readonly log: string;
  stop(): Promise<void>;
}

/** What a server is told besides its address and certificate. */
type Settings = Readonly<Record<string, object>>;

/** A real notary-server with the memory store and its in-process trust service (Ed25519 server keys). */
export function startNotaryServer(options: ServerOptions = {}): Promise<NotaryServerPeer> {
  return startServerProgram(
    {
      trust_service: { type: 'local' },
      storage: { backend: 'memory' },
      ...(options.auth === undefined ? {} : { auth: { type: 'token', options: options.auth } }),
    },
    options.client,
  );
}

interface ServerOptions {
  readonly auth?: TokenAuth;
  /** A certificate of the test's authority, without one of which the server lets nobody in. */
  readonly client?: ClientTls;
}

/** Starts the program with these settings, on a free port. */
export async function startServerProgram(settings: Settings, client?: ClientTls): Promise<NotaryServerPeer> {
  const tls = await testTls();
  const folder = scratchFolder('notary-server');
  const port = await freePort();
  const config = {
    server: {
      ...{ http_addr: `127.0.0.1:${String(port)}`, tls_cert_file: tls.cert, tls_key_file: tls.key },
      ...(client === undefined ? {} : { client_ca_file: tls.ca }),
    },
    logging: { level: 'info' },
    ...settings,
  };
  const file = join(folder, 'server.json');
  writeFileSync(file, JSON.stringify(config));
  const url = `https://localhost:${String(port)}`;
  const daemon = await startDaemon({
    command: 'notary-server',
    args: ['-config', file],
    log: join(folder, 'server.log'),
    ready: async () =>
      (
        await plainRequest(`https://127.0.0.1:${String(port)}/_notary_server/health`, {
          caPem: tls.caPem,
          ...(client === undefined ? {} : { client: { cert: client.certPem, key: client.keyPem } }),
        })
      ).status === 200,
  });
  return {
    url,
    host: `localhost:${String(port)}`,
    ca: tls.ca,
    caPem: tls.caPem,
    pid: daemon.pid,
    log: daemon.log,
    stop: daemon.stop,
  };
}
