import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runOk, scratchFolder } from './process.ts';

/** A certificate authority of the test run and a server certificate for localhost, 127.0.0.1, ::1 and
 * trust.example.test (a name that only a proxy knows).  */
export interface TestTls {
  /** File names. */
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  /** Contents. */
  readonly caPem: string;
  readonly certPem: string;
  readonly keyPem: string;
}

let cached: Promise<TestTls> | undefined;

/** Made once for a test process, with the openssl program. */
export function testTls(): Promise<TestTls> {
  cached ??= makeTls(scratchFolder('tls'));
  return cached;
}

const EXTENSIONS = `[ca]
basicConstraints=critical,CA:TRUE
keyUsage=critical,keyCertSign,cRLSign
subjectKeyIdentifier=hash
[server]
basicConstraints=critical,CA:FALSE
keyUsage=critical,digitalSignature
extendedKeyUsage=serverAuth
subjectAltName=DNS:localhost,DNS:trust.example.test,IP:127.0.0.1,IP:::1
[client]
basicConstraints=critical,CA:FALSE
keyUsage=critical,digitalSignature
extendedKeyUsage=clientAuth
[req]
distinguished_name=name
[name]
`;

/** A fresh authority and server certificate in the folder. */
export async function makeTls(folder: string): Promise<TestTls> {
  const path = (name: string): string => join(folder, name);
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  writeFileSync(path('openssl.cnf'), EXTENSIONS);
  const config = ['-config', path('openssl.cnf')];
  await runOk('openssl', [
    ...[
      'req',
      '-x509',
      ...curve,
      ...config,
      '-extensions',
      'ca',
      '-days',
      '30',
      '-subj',
      '/CN=Test authority',
    ],
    ...['-keyout', path('ca.key'), '-out', path('ca.crt')],
  ]);
  await runOk('openssl', [
    ...[
      'req',
      ...curve,
      ...config,
      '-subj',
      '/CN=localhost',
      '-keyout',
      path('server.key'),
      '-out',
      path('csr'),
    ],
  ]);
  await runOk('openssl', [
    ...[
      'x509',
      '-req',
      '-in',
      path('csr'),
      '-CA',
      path('ca.crt'),
      '-CAkey',
      path('ca.key'),
      '-CAcreateserial',
    ],
    ...['-days', '30', '-extfile', path('openssl.cnf'), '-extensions', 'server', '-out', path('server.crt')],
  ]);
  const [ca, cert, key] = [path('ca.crt'), path('server.crt'), path('server.key')];
  const text = (file: string): string => readFileSync(file, 'utf8');
  return { ca, cert, key, caPem: text(ca), certPem: text(cert), keyPem: text(key) };
}

/** A certificate by which a server lets somebody in, and its key. */
export type ClientTls = Omit<TestTls, 'ca' | 'caPem'>;

/** A client certificate of the test run's authority. */
export async function clientTls(folder = scratchFolder('client-tls')): Promise<ClientTls> {
  const { ca } = await testTls();
  const authority = (name: string): string => join(dirname(ca), name);
  const [cert, key, csr] = [join(folder, 'client.cert'), join(folder, 'client.key'), join(folder, 'csr')];
  const config = ['-config', authority('openssl.cnf')];
  await runOk('openssl', [
    ...['req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', ...config],
    ...['-subj', '/CN=build', '-keyout', key, '-out', csr],
  ]);
  await runOk('openssl', [
    ...['x509', '-req', '-in', csr, '-CA', ca, '-CAkey', authority('ca.key'), '-CAcreateserial'],
    ...['-days', '30', '-extfile', authority('openssl.cnf'), '-extensions', 'client', '-out', cert],
  ]);
  return { cert, key, certPem: readFileSync(cert, 'utf8'), keyPem: readFileSync(key, 'utf8') };
}
