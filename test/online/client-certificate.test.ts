import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { EXIT } from '../../src/errors.ts';
import { refusalOf } from '../attacks/refusal.ts';
import { startNotaryServer, type NotaryServerPeer } from '../peers/notary-server.ts';
import { runOk, scratchFolder } from '../peers/process.ts';
import { roundTrip, station, stations } from '../peers/stations.ts';
import { clientTls, type ClientTls } from '../peers/tls.ts';

let client: ClientTls;
let server: NotaryServerPeer;
beforeAll(async () => {
  client = await clientTls();
  server = await startNotaryServer({ client });
});
afterAll(() => server.stop());

const place = (): string[] => ['--server', server.url, '--ca', server.ca];

test('a server that lets in only whom it knows: the whole loop with --tls-cert and --tls-key', async () => {
  const pair = await stations();
  const { online } = pair;
  const gun = `${server.host}/client/app`;
  await online.ok('repository', 'add', gun, ...place(), '--tls-cert', client.cert, '--tls-key', client.key);
  await online.ok('init', gun);
  await roundTrip(pair, 'first');
  expect(await online.ok('list', gun)).toMatchObject({ targets: [] });
  await online.ok('changes', '--server', server.url);
}, 60_000);

test('SERVER-TLS without a certificate nobody is let in, and the hint says what is missing', async () => {
  const online = await station('online', 'build');
  const gun = `${server.host}/client/none`;
  await online.ok('repository', 'add', gun, ...place());
  const refused = await online.run(['list', gun, '--json']);
  expect([refusalOf(refused), refused.code]).toEqual([
    expect.objectContaining({ check: 'SERVER-TLS', hint: expect.stringContaining('--tls-cert') as string }),
    EXIT.unavailable,
  ]);
});

test("a certificate that Docker's users keep for the server is shown to it", async () => {
  const folder = scratchFolder('docker');
  const tls = join(folder, 'tls', server.host);
  mkdirSync(tls, { recursive: true });
  copyFileSync(server.ca, join(tls, 'ca.crt'));
  copyFileSync(client.cert, join(tls, 'client.cert'));
  copyFileSync(client.key, join(tls, 'client.key'));
  const online = await station('online', 'build', { DOCKER_CONFIG: folder });
  await online.ok('repository', 'add', `${server.host}/client/docker`, '--server', server.url);
  const doctor = await online.run(['doctor', '--json']);
  expect(doctor.stdout).toContain('answers, nothing published yet');
});

test('CLIENT-CERTIFICATE files that cannot be used: missing, of two pairs, with a passphrase; nothing is recorded', async () => {
  const online = await station('online', 'build');
  const other = await clientTls();
  const folder = scratchFolder('client');
  const [locked, text] = [join(folder, 'locked.key'), join(folder, 'text')];
  await runOk('openssl', ['pkcs8', '-topk8', '-in', client.key, '-out', locked, '-passout', 'pass:secret']);
  writeFileSync(text, 'no PEM');
  const add = ['repository', 'add', `${server.host}/client/refused`, ...place()];
  for (const [certificate, key] of [
    [client.cert, join(folder, 'none')],
    [client.cert, other.key],
    [client.cert, locked],
    [text, client.key],
  ] as const) {
    const refused = await online.run([...add, '--tls-cert', certificate, '--tls-key', key, '--json']);
    expect([refusalOf(refused).check, refused.code]).toEqual(['CLIENT-CERTIFICATE', EXIT.usage]);
  }
  expect((await online.run([...add, '--tls-cert', client.cert, '--json'])).code).toBe(EXIT.usage);
  expect(await online.ok('repository', 'list')).toMatchObject({ repositories: [] });
});
