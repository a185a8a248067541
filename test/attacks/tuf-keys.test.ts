import { beforeAll, describe, expect, test } from 'vitest';
import { rootOf, signedBy, testKey } from '../tuf/documents.ts';
import { countSigners } from '../../src/metadata/threshold.ts';
import { tuf } from '../../src/metadata/tuf/dialect.ts';
import { renewCard } from '../loop/estate.ts';
import { scratchFolder } from '../peers/process.ts';
import { exportAll, publish, signAll } from '../peers/stations.ts';
import { scene, type Scene } from './scene.ts';

let app: Scene;

/** One more repository whose first root would be signed by the station's one root key. */
async function another(name: string): Promise<void> {
  await app.online.ok('repository', 'add', name, '--dialect', 'tuf', '--directory', scratchFolder('other'));
  await app.online.ok('init', name, '--root-key', 'vault', '--targets-key', 'new');
}

/** What `sign` by a script says of a request, accepting all that review lists. */
async function expectUnsigned(request: string, check: string): Promise<void> {
  const { digest, anomalies } = await app.offline.ok<{
    digest: string;
    anomalies: { id: string; typed: boolean }[];
  }>('review', app.on(request));
  const accept = anomalies.filter(({ typed }) => typed).flatMap(({ id }) => ['--accept', id]);
  const sign = ['sign', app.on(request), '-o', app.on('never.tar'), ...app.secrets];
  const finished = await app.offline.run([...sign, '--approve', digest, ...accept, '--json']);
  expect([finished.code, finished.stdout]).toEqual([3, expect.stringContaining(`"${check}"`)]);
}

describe('M5 one TUF key signs for one repository', () => {
  beforeAll(async () => {
    app = await scene('one', 'tuf');
    await renewCard(app);
  });

  test('KEY-REPOSITORY: one root key for two repositories of one request', async () => {
    await app.online.ok('init', app.gun, '--root-key', 'vault', '--targets-key', 'new');
    await another('two');
    await exportAll(app, 'both.request.tar');
    await expectUnsigned('both.request.tar', 'KEY-REPOSITORY');
  });

  test('KEY-REPOSITORY: a root key that signed for another repository before', async () => {
    const { request } = await app.online.ok<{ request: string }>(
      ...[
        'export',
        app.gun,
        '-o',
        app.on('one.request.tar'),
        '--supersede',
        await digestOf('both.request.tar'),
      ],
    );
    expect(request).toMatch(/^[0-9a-f]{64}$/);
    await signAll(app, 'one.request.tar', 'one.response.tar');
    await publish(app, 'one.response.tar');
    await app.online.ok('export', '-o', app.on('two.request.tar'));
    await expectUnsigned('two.request.tar', 'KEY-REPOSITORY');
  });
});

async function digestOf(file: string): Promise<string> {
  return (await app.offline.ok<{ digest: string }>('bundle', 'digest', app.on(file))).digest;
}

test('R10 a key that a root lists under two IDs counts once, whoever signs under both', () => {
  const [key, other] = [testKey('ed25519'), testKey('ecdsa-p256')];
  const twice = { ...key, id: 'the same key under another ID' };
  const signed = rootOf([key, other], 2) as unknown as {
    keys: Record<string, unknown>;
    roles: { root: { keyids: string[] } };
  };
  signed.keys[twice.id] = signed.keys[key.id];
  signed.roles.root.keyids.push(twice.id);
  const context = { repository: 'app', now: 0 };
  const document = signedBy('root', signed as never, [key, twice]);
  const keys = tuf.roleKeys(document, 'root', context);
  expect(keys.keys).toHaveLength(3);
  expect(countSigners(tuf, keys, document).signers).toHaveLength(1);
  const enough = signedBy('root', signed as never, [key, twice, other]);
  expect(countSigners(tuf, keys, enough).signers).toHaveLength(2);
});
