import { copyFileSync, chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { askHelper } from '../../src/online/credentials/credential-helper.ts';
import { startNotaryServer, type NotaryServerPeer } from '../peers/notary-server.ts';
import { scratchFolder } from '../peers/process.ts';
import { station } from '../peers/stations.ts';

let server: NotaryServerPeer;
beforeAll(async () => {
  server = await startNotaryServer();
});
afterAll(() => server.stop());

/** A folder of Docker's settings with the authority of the test's server. */
function dockerConfig(): string {
  const folder = scratchFolder('docker');
  const tls = join(folder, 'tls', server.host);
  mkdirSync(tls, { recursive: true });
  copyFileSync(server.ca, join(tls, 'ca.crt'));
  return folder;
}

test('DOCKER_CONTENT_TRUST_SERVER and the authority in tls/HOST:PORT stand in for --server and --ca', async () => {
  const env = { DOCKER_CONFIG: dockerConfig(), DOCKER_CONTENT_TRUST_SERVER: server.url };
  const online = await station('online', 'build', env);
  const name = `${server.host}/settings/app`;
  expect(await online.ok('repository', 'add', name)).toEqual({
    repositories: [name],
    place: { kind: 'server', url: server.url },
  });
  // the authority is recorded: the server's keys can be asked for without Docker's settings
  await online.ok('init', name);
  const exported = await online.run(['doctor', '--json'], { env: { DOCKER_CONFIG: '/nonexistent' } });
  expect(exported.stdout).toContain('answers, nothing published yet');
});

test('~/.docker is the folder without DOCKER_CONFIG; a --server given goes before the variable', async () => {
  const online = await station('online', 'build');
  const folder = dockerConfig();
  const home = scratchFolder('home');
  mkdirSync(join(home, '.docker'));
  const tls = join(home, '.docker', 'tls', server.host);
  mkdirSync(tls, { recursive: true });
  copyFileSync(join(folder, 'tls', server.host, 'ca.crt'), join(tls, 'own.crt'));
  const env = { HOME: home, DOCKER_CONTENT_TRUST_SERVER: 'https://elsewhere.example.com' };
  const add = ['repository', 'add', `${server.host}/settings/home`, '--server', server.url, '--json'];
  expect((await online.run(add, { env })).code).toBe(0);
  expect((await online.run(['doctor', '--json'], { env })).stdout).toContain(
    'answers, nothing published yet',
  );
});

test('SERVER-URL: a variable that is not https, as docker refuses it', async () => {
  const env = { DOCKER_CONTENT_TRUST_SERVER: 'http://localhost:4443' };
  const online = await station('online', 'build', env);
  const refused = await online.run(['repository', 'add', 'registry.example.com/app', '--json']);
  expect(refused.code).toBe(2);
  expect(refused.json()).toMatchObject({
    error: { check: 'SERVER-URL', where: 'DOCKER_CONTENT_TRUST_SERVER' },
  });
});

test.each([
  ['registry.example.com:5000/app', 'https://registry.example.com:5000'],
  ['docker.io/library/app', 'https://notary.docker.io'],
])('REPOSITORY-PLACE: without any setting, %s is told what docker would ask: %s', async (name, url) => {
  const online = await station('online', 'build');
  const refused = await online.run(['repository', 'add', name, '--json']);
  expect(refused.code).toBe(2);
  expect(refused.json()).toMatchObject({ error: { check: 'REPOSITORY-PLACE' } });
  expect(refused.stdout).toContain(url);
});

test('S22 a credential helper gets no passphrase and no NOTARY_AUTH', async () => {
  const folder = scratchFolder('helper');
  const seen = join(folder, 'seen');
  const program = join(folder, 'docker-credential-spy');
  writeFileSync(
    program,
    `#!/bin/sh\ntr '\\0' '\\n' </proc/self/environ >${seen}\necho '{"Username":"u","Secret":"s"}'\n`,
  );
  chmodSync(program, 0o755);
  const canary = 'canary-4410';
  const environment = {
    PATH: `${folder}:${process.env['PATH'] ?? ''}`,
    HELPER_SETTING: 'kept',
    NOTARY_AUTH: canary,
    DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE: canary,
    DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE: canary,
    NOTARY_ROOT_PASSPHRASE: canary,
    NOTARY_TARGETS_PASSPHRASE: canary,
    NOTARY_SNAPSHOT_PASSPHRASE: canary,
    NOTARY_DELEGATION_PASSPHRASE: canary,
  };
  expect(await askHelper('spy', 'registry.example.com', environment)).toMatchObject({ username: 'u' });
  const variables = readFileSync(seen, 'utf8');
  expect(variables).toContain('HELPER_SETTING=kept');
  expect(variables).not.toContain(canary);
});
