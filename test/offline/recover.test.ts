import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import type { ResponseManifest } from '../../src/bundle/manifest.ts';
import { copyOf, publishedScene, scene, stationAt, withOffline, type Scene } from '../attacks/scene.ts';
import { expectRefusal, refusalOf } from '../attacks/refusal.ts';
import { forge, homeState, stolenKey } from '../peers/forge.ts';
import { exportAll, hashOf, publish, roundTrip, signAll, type TestStation } from '../peers/stations.ts';

// Several whole signings each, which take a minute where every core is busy.
vi.setConfig({ testTimeout: 180_000 });

/** A scene whose offline home was put back from a copy made before it signed `next`; `later` waits. */
interface Restored extends Scene {
  /** Response that the restored home does not know. */
  readonly response: string;
  /** A request whose echo is ahead of the restored home. */
  readonly later: string;
  readonly before: TestStation;
}

async function restoredScene(): Promise<Restored> {
  const app = await publishedScene(1);
  const old = copyOf(app.offline.home);
  await signAll(app, 'next.request.tar', 'next.response.tar');
  await publish(app, 'next.response.tar');
  await app.stage('later', 5);
  await exportAll(app, 'later.request.tar');
  return {
    ...withOffline(app, old),
    response: app.on('next.response.tar'),
    later: app.on('later.request.tar'),
    before: app.offline,
  };
}

async function headOf(app: Scene, file: string): Promise<{ line: number; hash: string }> {
  const { manifest } = await app.offline.ok<{ manifest: ResponseManifest }>('bundle', 'inspect', file);
  return manifest.head;
}

const linesOf = (station: TestStation) => homeState(station.home).ledger;
const eventsOf = (station: TestStation) => linesOf(station).map(({ event }) => event);

describe('M9 a home that was put back from an old copy', () => {
  test('LEDGER-ROLLBACK stops it; its own response brings it up to date; it signs the next request', async () => {
    const app = await restoredScene();
    await expectRefusal(app.offline, ['review', app.later], 'LEDGER-ROLLBACK');
    const head = await headOf(app, app.response);
    const recovered = await app.offline.ok('station', 'recover', app.response, '--approve', head.hash);
    expect(recovered).toMatchObject({
      head,
      fills: 0,
      signed: [{ repository: app.gun, role: 'targets', version: 2 }],
      responses: [{ to: 'build' }],
    });
    // what was lost is known again: the same marks as in the home that was never lost
    const marks = (station: TestStation): unknown[] =>
      linesOf(station)
        .filter(({ event, data }) => event === 'intent' && data['version'] === 2)
        .map(({ data }) => data);
    expect(marks(app.offline)).toEqual(marks(app.before));
    expect(linesOf(app.offline).at(-1)).toMatchObject({
      event: 'recovered',
      data: { what: 'response', line: head.line, sha256: head.hash },
    });
    expect(eventsOf(app.offline)).toContain('recovery');
    // numbers are not used twice: the online half takes its next answer
    expect(linesOf(app.offline).length).toBeGreaterThan(head.line + 2);
    await signAll(app, 'later.request.tar', 'later.response.tar');
    await publish(app, 'later.response.tar');
    const targets = await app.online.ok<{ targets: { name: string }[] }>('list', app.gun);
    expect(targets.targets.map(({ name }) => name).sort()).toEqual(['later', 'next', 'v1']);
    await app.stage('after', 9);
    await roundTrip(app, 'after');
  });

  test('M7 the answered request is a replay again, and resend writes the lost response', async () => {
    const app = await restoredScene();
    const { hash } = await headOf(app, app.response);
    const { request } = (
      await app.offline.ok<{ responses: { request: string }[] }>(
        ...['station', 'recover', app.response, '--approve', hash],
      )
    ).responses[0] as { request: string };
    await expectRefusal(app.offline, ['review', app.on('next.request.tar')], 'EXCHANGE-REPLAY');
    const digest = (file: string) => app.offline.ok('bundle', 'digest', file);
    await app.offline.ok('resend', request, '-o', app.on('again.tar'));
    expect(await digest(app.on('again.tar'))).toEqual(await digest(app.response));
  });

  test('M2 VERSION-TAKEN: what the lost answer signed is not signed otherwise', async () => {
    const app = await scene();
    await app.online.ok('init', app.gun);
    await roundTrip(app, 'first');
    const [online, offline] = [app.online, app.offline].map(({ home }) => copyOf(home)) as [string, string];
    await app.stage('next', 77);
    await exportAll(app, 'next.request.tar');
    await signAll(app, 'next.request.tar', 'next.response.tar');
    // both halves are put back, and the online one asks for the same version with another content
    const desk = stationAt(online, 'build');
    await desk.ok('addhash', app.gun, 'other', '100', '--sha256', hashOf(78));
    await desk.ok('export', '-o', app.on('other.request.tar'));
    const forged = await app.forged('other.request.tar', (manifest) => {
      manifest.sequence += 500;
    });
    const restored = stationAt(offline, 'vault');
    await restored.ok('review', forged);
    const response = app.on('next.response.tar');
    const { hash } = await headOf(app, response);
    await restored.ok('station', 'recover', response, '--approve', hash);
    await expectRefusal(restored, ['review', forged], 'VERSION-TAKEN');
  });

  test('RECOVER-GAP: a response between two others is missing; with all three the station is whole', async () => {
    const app = await publishedScene(1);
    const old = copyOf(app.offline.home);
    await signAll(app, 'next.request.tar', 'next.response.tar');
    await publish(app, 'next.response.tar');
    for (const [at, name] of ['second', 'third'].entries()) {
      await app.stage(name, 20 + at);
      await roundTrip(app, name);
    }
    await app.stage('later', 5);
    await exportAll(app, 'later.request.tar');
    const restored = withOffline(app, old);
    const [first, second, third] = ['next', 'second', 'third'].map((name) =>
      app.on(`${name}.response.tar`),
    ) as [string, string, string];
    const { hash } = await headOf(app, third);
    const approve = ['--approve', hash];
    const gap = await expectRefusal(
      restored.offline,
      ['station', 'recover', third, first, ...approve],
      'RECOVER-GAP',
    );
    expect(gap.where).toBe(third);
    await expectRefusal(restored.offline, ['station', 'recover', third, ...approve], 'RECOVER-GAP');
    // one by one is as good as all at once, in any order
    const one = await headOf(app, first);
    await restored.offline.ok('station', 'recover', first, '--approve', one.hash);
    await expectRefusal(restored.offline, ['review', app.on('later.request.tar')], 'LEDGER-ROLLBACK');
    await restored.offline.ok('station', 'recover', third, second, ...approve);
    await signAll(restored, 'later.request.tar', 'later.response.tar');
    await publish(app, 'later.response.tar');
    expect(
      (await restored.offline.run(['station', 'recover', first, second, third, ...approve, '--json'])).code,
    ).toBe(2);
    await restored.offline.ok('log', 'verify', first, second, third);
  });

  test('M1 a first root that was lost is known again, with its fills, and no other is signed', async () => {
    const app = await publishedScene(1);
    const clone = withOffline(app, copyOf(app.offline.home));
    const other = 'registry.example.com/recover/other';
    await app.online.ok('repository', 'add', other, '--directory', app.folder);
    await app.online.ok('init', other);
    await exportAll(app, 'other.request.tar');
    await signAll(app, 'other.request.tar', 'other.response.tar');
    const response = app.on('other.response.tar');
    const { hash } = await headOf(app, response);
    const recovered = await clone.offline.ok('station', 'recover', response, '--approve', hash);
    expect(recovered).toMatchObject({ fills: 2, signed: [{ role: 'root' }, { role: 'targets' }] });
    const fills = (station: TestStation) =>
      linesOf(station)
        .filter(({ event, data }) => event === 'fill' && data['repository'] === `notary:${other}`)
        .map(({ data }) => data)
        .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
    expect(fills(clone.offline)).toEqual(fills(app.offline));
    const again = await app.forged('other.request.tar', (manifest) => {
      manifest.id = 'cd'.repeat(16);
      manifest.sequence += 100;
    });
    await expectRefusal(clone.offline, ['review', again], 'CHAIN-LINEAGE');
  });
});

describe('attacks on recovery', () => {
  test('SEAL-STRANGER: responses of another station; APPROVE-DIGEST: another head; RECOVER-NOTHING', async () => {
    const app = await restoredScene();
    const strangers = app.on('stranger.tar');
    await forge<ResponseManifest>(app.response, strangers, stolenKey(app.online.home), () => undefined);
    await expectRefusal(app.offline, ['station', 'recover', strangers], 'SEAL-STRANGER');
    await expectRefusal(
      app.offline,
      ['station', 'recover', app.response, '--approve', hashOf(1)],
      'APPROVE-DIGEST',
    );
    await expectRefusal(app.offline, ['station', 'recover', app.later], 'SEAL-STRANGER');
    const known = app.on('round-1.response.tar');
    await expectRefusal(app.offline, ['station', 'recover', known], 'RECOVER-NOTHING', { exit: 2 });
    await expectRefusal(app.online, ['station', 'recover', known], 'HOME-SIDE', { exit: 2 });
    // nobody at a terminal, nothing approved
    await expectRefusal(app.offline, ['station', 'recover', app.response], 'CONFIRM-TERMINAL', { exit: 6 });
  });

  test('CHAIN-SEEN: the base that is shown after a recovery is not older than the lost ledger had seen', async () => {
    const app = await publishedScene(1);
    const old = copyOf(app.offline.home);
    await signAll(app, 'next.request.tar', 'next.response.tar');
    await publish(app, 'next.response.tar');
    await app.stage('more', 6);
    await roundTrip(app, 'more');
    const restored = withOffline(app, old);
    const files = [app.on('next.response.tar'), app.on('more.response.tar')];
    const { hash } = await headOf(app, files[1] as string);
    await restored.offline.ok('station', 'recover', ...files, '--approve', hash);
    // the request that built on targets 1, which the lost ledger had left behind
    const forged = await app.forged('next.request.tar', (manifest) => {
      manifest.id = 'ef'.repeat(16);
      manifest.sequence += 500;
    });
    await expectRefusal(restored.offline, ['review', forged], 'CHAIN-SEEN');
  });

  test('a recovery that cannot be written leaves a station that is behind', async () => {
    const app = await restoredScene();
    const { hash } = await headOf(app, app.response);
    rmSync(join(app.offline.home, 'responses'), { recursive: true, force: true });
    cpSync('/dev/null', join(app.offline.home, 'responses'));
    const finished = await app.offline.run(['station', 'recover', app.response, '--approve', hash, '--json']);
    expect([finished.code, refusalOf(finished).check]).toEqual([6, 'HOME-WRITE']);
    expect(eventsOf(app.offline)).not.toContain('recovered');
  });
});

describe('M9 recovery by a head, where the responses are gone', () => {
  test('the head from the paper and accepted versions; then it signs, and the answer is published', async () => {
    const app = await restoredScene();
    const head = await headOf(app, app.response);
    const name = `${String(head.line)}:${head.hash}`;
    const recover = ['station', 'recover', app.later, '--head', name];
    const taken = `TAKEN:${app.gun}`;
    await expectRefusal(app.offline, [...recover, '--approve', head.hash], 'APPROVE-ANOMALY');
    await expectRefusal(
      app.offline,
      [...recover, '--approve', hashOf(2), '--accept', taken],
      'APPROVE-DIGEST',
    );
    const recovered = await app.offline.ok(...recover, '--approve', head.hash, '--accept', taken);
    expect(recovered).toMatchObject({ head });
    expect((recovered as { taken: unknown[] }).taken).toContainEqual({
      repository: app.gun,
      role: 'targets',
      seen: 2,
      signed: 2,
    });
    expect(linesOf(app.offline).at(-1)).toMatchObject({
      event: 'recovered',
      data: { what: 'head', line: head.line },
    });
    await signAll(app, 'later.request.tar', 'later.response.tar');
    await publish(app, 'later.response.tar');
    await app.stage('after', 9);
    await roundTrip(app, 'after');
  });

  test('LEDGER-ROLLBACK: another head than was heard; RECOVER-HEAD, RECOVER-FAR, RECOVER-NOTHING', async () => {
    const app = await restoredScene();
    const head = await headOf(app, app.response);
    const accept = ['--accept', `TAKEN:${app.gun}`];
    const by = (line: number, hash: string): string[] => [
      ...['station', 'recover', app.later, '--head', `${String(line)}:${hash}`, '--approve', hash],
      ...accept,
    ];
    await expectRefusal(app.offline, by(head.line, hashOf(7)), 'LEDGER-ROLLBACK');
    await expectRefusal(app.offline, by(head.line - 1, head.hash), 'LEDGER-ROLLBACK');
    await expectRefusal(app.offline, by(head.line + 2_000_000, hashOf(7)), 'RECOVER-FAR');
    const own = linesOf(app.offline).at(-1)?.prev ?? '';
    const known = by(linesOf(app.offline).length - 1, own);
    await expectRefusal(app.offline, known, 'RECOVER-NOTHING', { exit: 2 });
    const bad = ['station', 'recover', app.later, '--head', 'x'];
    await expectRefusal(app.offline, bad, 'RECOVER-HEAD', { exit: 2 });
    const two = ['station', 'recover', app.later, app.response, '--head', `1:${hashOf(1)}`];
    await expectRefusal(app.offline, two, 'USAGE-REQUEST', { exit: 2 });
  });

  test('CHAIN-SEEN holds for what was accepted; every other repository that exists is accepted apart', async () => {
    const app = await publishedScene(1);
    const other = 'registry.example.com/recover/second';
    await app.online.ok('repository', 'add', other, '--directory', app.folder);
    await app.online.ok('init', other);
    await exportAll(app, 'init.request.tar');
    await signAll(app, 'init.request.tar', 'init.response.tar');
    await publish(app, 'init.response.tar');
    const restored = withOffline(app, copyOf(app.offline.home));
    await signAll(app, 'next.request.tar', 'next.response.tar');
    await publish(app, 'next.response.tar');
    await app.stage('later', 5);
    await exportAll(app, 'later.request.tar');
    const head = await headOf(app, app.on('next.response.tar'));
    const by = ['--head', `${String(head.line)}:${head.hash}`, '--approve', head.hash];
    const recover = (file: string, name: string) =>
      restored.offline.ok('station', 'recover', app.on(file), ...by, '--accept', `TAKEN:${name}`);
    await recover('later.request.tar', app.gun);
    await restored.offline.ok('review', app.on('later.request.tar'));
    const old = await app.forged('next.request.tar', (manifest) => {
      manifest.id = 'ef'.repeat(16);
      manifest.sequence += 500;
    });
    await expectRefusal(restored.offline, ['review', old], 'CHAIN-SEEN');

    await app.online.ok('addhash', other, 'v1', '100', '--sha256', hashOf(3));
    await app.online.ok('export', other, '-o', app.on('second.request.tar'));
    const refusal = await expectRefusal(
      restored.offline,
      ['review', app.on('second.request.tar')],
      'LEDGER-ROLLBACK',
    );
    expect(refusal.where).toBe(other);
    await recover('second.request.tar', other);
    await restored.offline.ok('review', app.on('second.request.tar'));
    // what was accepted first stays accepted, and a repository that does not exist yet was never in question
    await restored.offline.ok('review', app.on('later.request.tar'));
    const third = 'registry.example.com/recover/third';
    await app.online.ok('repository', 'add', third, '--directory', app.folder);
    await app.online.ok('init', third);
    await app.online.ok('export', third, '-o', app.on('third.request.tar'));
    await restored.offline.ok('review', app.on('third.request.tar'));
  });
});
