import { beforeAll, expect, test, vi } from 'vitest';
import { notary } from '../../src/metadata/notary/dialect.ts';
import type { SignedDocument } from '../../src/metadata/document.ts';
import { publishedFile, scene, type Scene } from '../attacks/scene.ts';
import { roundTrip } from '../peers/stations.ts';
import { renewCard, stationKey } from './estate.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

let app: Scene;

const published = (role: string): SignedDocument => notary.parse(role, publishedFile(app, role));

/** Whose signatures the current file of a role carries, by the IDs of the keys. */
function signers(role: string): string[] {
  return published(role).signatures.map(({ keyid }) => keyid);
}

/** Whose signatures it must carry, as the current root says. */
function declared(role: string): string[] {
  return notary.declaredKeys(published('root'), role).keys.map(({ id }) => id);
}

beforeAll(async () => {
  app = await scene();
  const { online, offline, gun } = app;
  await stationKey(app, offline, 'targets/team');
  await renewCard(app);
  await online.ok('init', gun);
  await online.ok('delegation', 'add', gun, 'targets/team', 'vault', '--paths', 'team/');
  await app.stage('v1');
  await online.ok('addhash', gun, 'team/v1', '9', '--sha256', 'ab'.repeat(32), '-r', 'targets/team');
  await roundTrip(app, 'first');
});

test.each(['targets', 'snapshot', 'timestamp'])(
  'after a rotation of %s its file carries the signature of the new key alone, at once and in later publications',
  async (role) => {
    const before = declared(role);
    expect(signers(role)).toEqual(before);
    if (role !== 'targets') await stationKey(app, app.online, role, '--label', `next ${role}`);
    await app.online.ok('key', 'rotate', app.gun, role);
    await roundTrip(app, `rotate-${role}`);
    expect(declared(role)).not.toEqual(before);
    for (const one of ['targets', 'snapshot', 'timestamp']) expect(signers(one)).toEqual(declared(one));
    await app.stage(`after-${role}`, 7);
    await roundTrip(app, `after-${role}`);
    for (const one of ['targets', 'snapshot', 'timestamp']) expect(signers(one)).toEqual(declared(one));
  },
);

test('a new root is signed by the old key too, the one after it by the new key alone', async () => {
  const [before] = declared('root');
  const { id } = await stationKey(app, app.offline, 'root', '--label', 'next root');
  await app.online.ok('key', 'rotate', app.gun, 'root');
  await roundTrip(app, 'rotate-root', '--key', id);
  const [after] = declared('root');
  expect(after).not.toBe(before);
  expect(signers('root').sort()).toEqual([before, after].sort());
  await app.online.ok('refresh', app.gun, 'root');
  await roundTrip(app, 'after-root');
  expect(signers('root')).toEqual(declared('root'));
});

test('a delegated role is signed anew without the key that left it', async () => {
  const before = signers('targets/team');
  const { id } = await stationKey(app, app.offline, 'targets/team', '--label', 'next team');
  await renewCard(app);
  await app.online.ok('delegation', 'remove', app.gun, 'targets/team');
  await app.online.ok('delegation', 'add', app.gun, 'targets/team', `vault:${id}`, '--paths', 'team/');
  await app.online.ok('refresh', app.gun, 'targets/team');
  await roundTrip(app, 'team');
  const now = signers('targets/team');
  expect(now).toHaveLength(1);
  expect(now).not.toEqual(before);
  expect(now).toEqual(notary.delegatedKeys(published('targets'), 'targets/team')?.keys.map((key) => key.id));
});
