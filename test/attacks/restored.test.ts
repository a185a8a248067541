import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ResponseManifest } from '../../src/bundle/manifest.ts';
import { forge, homeState, stolenKey } from '../peers/forge.ts';
import { exportAll, publish, roundTrip, signAll } from '../peers/stations.ts';
import { expectRefusal, refusalOf } from './refusal.ts';
import { copyOf, publishedScene, scene, stationAt, withOffline } from './scene.ts';

const OTHER = 'registry.example.com/attack/other';

describe('homes that were restored, cloned or tampered with', () => {
  test('R13 M9 LEDGER-ROLLBACK and LEDGER-FORK: a restored offline home signs nothing, and a clone is seen online', async () => {
    const app = await publishedScene(1);
    const old = copyOf(app.offline.home);
    await app.online.ok('repository', 'add', OTHER, '--directory', app.folder);
    await app.online.ok('init', OTHER);
    await exportAll(app, 'other.request.tar');
    await signAll(app, 'next.request.tar', 'next.response.tar');

    // the clone does not know of that answer, and gives one of its own, with a longer ledger
    const clone = withOffline(app, copyOf(old));
    for (let line = 0; line < 12; line++)
      await clone.offline.run(['review', app.on('round-1.request.tar')], {});
    await signAll(clone, 'other.request.tar', 'clone.response.tar');
    await publish(app, 'next.response.tar');
    await expectRefusal(app.online, ['publish', app.on('clone.response.tar')], 'LEDGER-FORK');

    // the restored home meets the echo of what it forgot
    await app.stage('later', 5);
    await exportAll(app, 'later.request.tar');
    const restored = stationAt(old, 'vault');
    const later = app.on('later.request.tar');
    await expectRefusal(restored, ['review', later], 'LEDGER-ROLLBACK');
    const sign = ['sign', later, '-o', app.on('never.tar'), ...app.secrets];
    await expectRefusal(restored, sign, 'LEDGER-ROLLBACK');
    // the real one goes on
    await app.offline.ok('review', later);
  });

  test('R13 LEDGER-CHAIN: a changed line, a line cut out of the middle, a line taken over from another home', async () => {
    const app = await publishedScene(1);
    const request = app.on('next.request.tar');
    const attacks: [string, (lines: string[]) => string[]][] = [
      ['changed', (lines) => lines.map((line, at) => (at === 4 ? line.replace('"v":1', '"v":1 ') : line))],
      ['cut', (lines) => lines.filter((_, at) => at !== 4)],
      ['swapped', (lines) => [lines[0] ?? '', lines[2] ?? '', lines[1] ?? '', ...lines.slice(3)]],
      ['repeated', (lines) => [...lines.slice(0, -1), ...lines.slice(-2)]],
    ];
    for (const [name, attack] of attacks) {
      const home = copyOf(app.offline.home);
      const path = join(home, 'ledger.jsonl');
      const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
      writeFileSync(
        path,
        attack(lines)
          .map((line) => `${line}\n`)
          .join(''),
      );
      const finished = await stationAt(home, 'vault').run(['review', request, '--json']);
      expect([name, refusalOf(finished).check, finished.code]).toEqual([name, 'LEDGER-CHAIN', 3]);
    }
    const torn = copyOf(app.offline.home);
    appendFileSync(join(torn, 'ledger.jsonl'), '{"data":{"torn');
    await stationAt(torn, 'vault').ok('review', request);
    expect(homeState(torn).ledger.map(({ event }) => event)).toContain('recovered');
  });

  test('R1 ARCHIVE-DAMAGED: a pinned root that was exchanged in the home', async () => {
    const app = await publishedScene(2);
    const pin = homeState(app.offline.home).ledger.findLast(({ event }) => event === 'pinned');
    const path = join(app.offline.home, 'archive', pin?.data['file'] as string);
    writeFileSync(path, readFileSync(path, 'utf8').replace('"version":1', '"version":2'));
    await expectRefusal(app.offline, ['review', app.on('next.request.tar')], 'ARCHIVE-DAMAGED');
  });

  test('R6 M6 two couriers: answers to two repositories are published in the other order', async () => {
    const app = await publishedScene(1);
    await app.online.ok('repository', 'add', OTHER, '--directory', app.folder);
    await app.online.ok('init', OTHER);
    await exportAll(app, 'other.request.tar');
    await app.offline.ok('review', app.on('other.request.tar'));
    await signAll(app, 'next.request.tar', 'next.response.tar');
    await signAll(app, 'other.request.tar', 'other.response.tar');
    await publish(app, 'other.response.tar');
    await publish(app, 'next.response.tar');
    for (const name of ['next', 'other'])
      await expectRefusal(app.online, ['publish', app.on(`${name}.response.tar`)], 'EXCHANGE-REPLAY');
    await app.stage('after', 9);
    await roundTrip(app, 'after');
  });

  test('R6 M4 EXCHANGE-FILL: a second set of fills for one request', async () => {
    const app = await scene();
    await app.online.ok('init', app.gun);
    await exportAll(app, 'first.request.tar');
    const clone = withOffline(app, copyOf(app.offline.home));
    await signAll(app, 'first.request.tar', 'first.response.tar');
    await signAll(clone, 'first.request.tar', 'clone.response.tar');
    // received and recorded, but its publication fails: nobody gives the passphrase of the online keys
    expect((await app.online.run(['publish', app.on('first.response.tar')])).code).not.toBe(0);
    const { digest } = await app.online.ok<{ digest: string }>(
      'bundle',
      'digest',
      app.on('first.response.tar'),
    );
    const forged = app.on('fills.tar');
    await forge<ResponseManifest>(app.on('clone.response.tar'), forged, stolenKey(app.offline.home), (m) => {
      m.previous = digest;
      m.sequence += 100;
      m.head.line += 100;
    });
    await expectRefusal(app.online, ['publish', forged], 'EXCHANGE-FILL');
    await publish(app, 'first.response.tar');
  });

  test('R6 M8 EXCHANGE-ABANDONED: the answer to a request that was given up; the new one is published', async () => {
    const app = await publishedScene(1);
    await signAll(app, 'next.request.tar', 'next.response.tar');
    await app.online.ok('export', '--supersede', app.next, '-o', app.on('anew.request.tar'));
    await expectRefusal(app.online, ['publish', app.on('next.response.tar')], 'EXCHANGE-ABANDONED');
    await signAll(app, 'anew.request.tar', 'anew.response.tar');
    await publish(app, 'anew.response.tar');
    rmSync(app.on('anew.response.tar'));
  });
});
