import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Examination } from '../../src/offline/examination.ts';
import { withOfflineStation } from '../../src/offline/session.ts';
import { sign } from '../../src/offline/sign.ts';
import { openHome } from '../../src/station/home/home.ts';
import { unpair } from '../../src/station/cards/pairing.ts';
import { openKeyFiles } from '../../src/signer/keyfile/key-files.ts';
import { onePassphrase } from '../../src/signer/keyfile/passphrases.ts';
import { homeState } from '../peers/forge.ts';
import { exportAll, publish, roundTrip, signAll, stations } from '../peers/stations.ts';
import { expectRefusal, expectThrown } from './refusal.ts';
import { copyOf, publishedScene, stationAt, withOffline, type Scene } from './scene.ts';

const sha256 = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');

/** Every file below a folder with its digest. */
function tree(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => `${file} ${sha256(file)}`)
    .sort();
}

let app: Scene & { readonly next: string };
beforeAll(async () => {
  app = await publishedScene(1);
});

describe('between the stick and the officer', () => {
  test('R8 M13 CLOCK-FLOOR and REQUEST-EXPIRED: a clock that was put back, or a stick that was kept', async () => {
    expect(existsSync('/usr/bin/faketime'), 'apt-get install faketime').toBe(true);
    const request = app.on('next.request.tar');
    const args = ['sign', request, '-o', app.on('never.tar'), ...app.secrets, '--approve', app.next];
    for (const shift of ['-2h', '-3y'])
      await expectRefusal(app.offline, args, 'CLOCK-FLOOR', { under: ['faketime', '-f', shift] });
    for (const shift of ['+31d', '+20y'])
      await expectRefusal(app.offline, ['review', request], 'REQUEST-EXPIRED', {
        under: ['faketime', '-f', shift],
      });
    expect(existsSync(app.on('never.tar'))).toBe(false);
  });

  test('R2 S23 EXCHANGE-SWAPPED: another request than the one that was reviewed, even where it claims to replace it', async () => {
    await app.offline.ok('review', app.on('next.request.tar'));
    const swapped = await app.forged('next.request.tar', (m) => {
      m.id = '00'.repeat(16);
      m.sequence += 1;
    });
    const claims = await app.forged('next.request.tar', (m) => {
      m.sequence += 1;
      for (const record of m.repositories) record.supersedes = [app.next];
    });
    for (const file of [swapped, claims]) {
      const { digest } = await app.offline.ok<{ digest: string }>('bundle', 'digest', file);
      const args = ['sign', file, '-o', app.on('no.tar'), ...app.secrets, '--approve', digest];
      const { expected } = await expectRefusal(app.offline, args, 'EXCHANGE-SWAPPED');
      expect(expected).toBe(app.next);
    }
  });

  test('R2 BUNDLE-CHANGED: the copy changes while the officer reads; the stick may change as it likes', async () => {
    const { home } = app.offline;
    const passphrase = readFileSync(app.passphraseFile).subarray(0, -1);
    const signWith = (
      folder: string,
      file: string,
      meddle: (examination: Examination) => void,
    ): Promise<unknown> =>
      withOfflineStation(folder, 'sign', (station) =>
        sign(
          station,
          { file, out: app.on('meddled.tar'), responses: [], except: [], keys: [] },
          {
            openSigner: () =>
              Promise.resolve(
                openKeyFiles({
                  directory: join(folder, 'keys'),
                  passphrases: onePassphrase(Buffer.from(passphrase), 'the test'),
                }),
              ),
            confirm: (examination) => {
              meddle(examination);
              return Promise.resolve({ by: 'approve', accepted: [] });
            },
            progress: () => undefined,
          },
        ),
      );
    const request = app.on('next.request.tar');
    await expectThrown(
      home,
      () => signWith(home, request, ({ copy }) => appendFileSync(copy.path, 'x')),
      'BUNDLE-CHANGED',
    );
    expect(existsSync(app.on('meddled.tar'))).toBe(false);
    // R2, the other way: what is signed is the copy that was shown, whatever is on the stick by then
    const clone = copyOf(home);
    const stick = join(mkdtempSync(join(tmpdir(), 'countersign-stick-')), 'request.tar');
    writeFileSync(stick, readFileSync(request));
    await signWith(clone, stick, () => writeFileSync(stick, 'something else'));
    expect(existsSync(app.on('meddled.tar'))).toBe(true);
    rmSync(join(stick, '..'), { recursive: true });
  });

  test('R6 R14 a lost stick: resend gives the same bytes on both sides, without a secret, and they are published', async () => {
    await app.online.ok('resend', app.next, '-o', app.on('request-again.tar'));
    expect(sha256(app.on('request-again.tar'))).toBe(sha256(app.on('next.request.tar')));
    await signAll(app, 'next.request.tar', 'next.response.tar');
    const lost = sha256(app.on('next.response.tar'));
    rmSync(app.on('next.response.tar'));
    const before = homeState(app.offline.home);
    await app.offline.ok('resend', app.next, '-o', app.on('response-again.tar'));
    expect(sha256(app.on('response-again.tar'))).toBe(lost);
    const added = homeState(app.offline.home).ledger.slice(before.ledger.length);
    expect(
      added.filter(({ event }) => event === 'intent' || event === 'outcome' || event === 'sealed'),
    ).toEqual([]);
    const args = ['sign', app.on('next.request.tar'), '-o', app.on('second.tar'), ...app.secrets];
    await expectRefusal(app.offline, args, 'EXCHANGE-REPLAY');
    await publish(app, 'response-again.tar');
  });

  test('R6 M8 a refusal: nothing is signed, and the changes are staged again', async () => {
    await app.stage('declined', 3);
    await exportAll(app, 'declined.request.tar');
    const request = app.on('declined.request.tar');
    expect(JSON.stringify(await app.online.ok('status', app.gun))).not.toContain('declined');
    await app.offline.ok('refuse', request, '-o', app.on('no.response.tar'), '--reason', 'not-expected');
    const published = tree(app.folder);
    const answer = await app.online.run(['publish', app.on('no.response.tar'), '--json']);
    expect(answer.code).toBe(4);
    expect(answer.stdout).toContain('REASON-NOT-EXPECTED');
    expect(tree(app.folder)).toEqual(published);
    expect(JSON.stringify(await app.online.ok('status', app.gun))).toContain('declined');
    const args = ['sign', request, '-o', app.on('yes.tar'), ...app.secrets];
    await expectRefusal(app.offline, args, 'EXCHANGE-REPLAY');
    await expectRefusal(app.online, ['publish', app.on('no.response.tar')], 'EXCHANGE-ABANDONED');
    await roundTrip(app, 'after-refusal');
  });

  test('R6 M19 one repository left out with --except: publish exits 4 and names it, and the others are published', async () => {
    const other = 'registry.example.com/attack/left-out';
    await app.online.ok('repository', 'add', other, '--directory', app.folder);
    await app.online.ok('init', other);
    await app.stage('kept', 4);
    const digest = await exportAll(app, 'two.request.tar');
    const args = ['sign', app.on('two.request.tar'), '-o', app.on('two.response.tar'), ...app.secrets];
    await app.offline.ok(...args, '--approve', digest, '--except', other);
    const finished = await app.online.run([
      ...['publish', app.on('two.response.tar'), '--passphrase-file', app.passphraseFile, '--json'],
    ]);
    expect(finished.code).toBe(4);
    const { repositories } = finished.json() as {
      repositories: { name: string; state: string; reason?: string }[];
    };
    expect(repositories.map(({ name, state }) => [name, state])).toEqual([
      [app.gun, 'published'],
      [other, 'refused'],
    ]);
    expect(JSON.stringify(await app.online.ok('status', other))).toContain('init');
    await app.online.ok('reset', other);
  });

  test('R7 M14 SERVER-MOVED: exit 5, nothing posted, the changes staged again, and a higher version next', async () => {
    const rogue = {
      ...withOffline(app, copyOf(app.offline.home)),
      online: stationAt(copyOf(app.online.home), 'build'),
    };
    await app.stage('mine', 5);
    await exportAll(app, 'mine.request.tar');
    await signAll(app, 'mine.request.tar', 'mine.response.tar');
    await rogue.online.ok('addhash', app.gun, 'theirs', '7', '--sha256', 'ab'.repeat(32));
    await roundTrip(rogue, 'theirs');
    const published = tree(app.folder);
    const finished = await app.online.run([
      ...['publish', app.on('mine.response.tar'), '--passphrase-file', app.passphraseFile, '--json'],
    ]);
    expect([finished.code, finished.stdout.includes('SERVER-MOVED')]).toEqual([5, true]);
    expect(tree(app.folder)).toEqual(published);
    expect(JSON.stringify(await app.online.ok('status', app.gun))).toContain('mine');
    await exportAll(app, 'again.request.tar');
    const review = await app.offline.ok<{ anomalies: { id: string; typed: boolean }[] }>(
      'review',
      app.on('again.request.tar'),
    );
    expect(review.anomalies.filter(({ typed }) => typed).map(({ id }) => id.split(':')[0])).toContain(
      'OVERTAKEN',
    );
    await signAll(app, 'again.request.tar', 'again.response.tar');
    await publish(app, 'again.response.tar');
    const listed = JSON.stringify(await app.online.ok('list', app.gun));
    expect([listed.includes('"mine"'), listed.includes('"theirs"')]).toEqual([true, true]);
  });

  test('R1 R6 SEAL-STRANGER: a station that was never paired, or is not any more, is nobody', async () => {
    const strangers = await stations();
    await strangers.online.ok(
      'repository',
      'add',
      app.gun,
      '--directory',
      join(strangers.stick, 'published'),
    );
    await expectRefusal(strangers.offline, ['review', app.on('next.request.tar')], 'SEAL-STRANGER');
    await app.stage('unpaired', 6);
    await exportAll(app, 'unpaired.request.tar');
    const clone = stationAt(copyOf(app.offline.home), 'vault');
    await clone.ok('review', app.on('unpaired.request.tar'));
    const home = await openHome(clone.home, { write: true });
    unpair(home, 'build');
    home.close();
    await expectRefusal(clone, ['review', app.on('unpaired.request.tar')], 'SEAL-STRANGER');
  });
});
