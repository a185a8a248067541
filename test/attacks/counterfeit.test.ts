import { beforeAll, describe, expect, test } from 'vitest';
import { dialectOf, DIALECT_NAMES } from '../../src/metadata/dialects.ts';
import { homeState } from '../peers/forge.ts';
import { exportAll, publish, signAll } from '../peers/stations.ts';
import { counterfeit, counterfeiter, ownTargets, placeIn, requestFor } from './counterfeit.ts';
import { expectRefusal } from './refusal.ts';
import { publishedFile, scene, type Scene } from './scene.ts';

let app: Scene;
let sequence = 1_000;
const attacker = counterfeiter();

const place = (gun = app.gun): ReturnType<typeof placeIn> => placeIn(app, gun);

describe.each(DIALECT_NAMES)(
  'repositories of the attacker’s making (%s), in requests with the real seal',
  (dialect) => {
    beforeAll(async () => {
      app = await scene(undefined, dialect);
      await app.online.ok('init', app.gun);
      await app.stage('v1');
      await exportAll(app, 'first.request.tar');
      await signAll(app, 'first.request.tar', 'first.response.tar');
    });

    test.each([1, 2, 3])(
      'R1 M1 CHAIN-ROOT: after a first root that was signed here, another one, under %i roots in all',
      async (versions) => {
        const { key, file } = ownTargets(place());
        const files = counterfeit(attacker, place(), key, file, versions);
        const request = requestFor(app, app.gun, files, ++sequence);
        await expectRefusal(app.offline, ['review', request], 'CHAIN-ROOT');
      },
    );

    test('R7 M3 CHAIN-LINEAGE: a second first root for a name that has one', async () => {
      const again = await app.forged('first.request.tar', (m) => {
        m.id = '11'.repeat(16);
        m.sequence = ++sequence;
      });
      await expectRefusal(app.offline, ['review', again], 'CHAIN-LINEAGE');
    });

    test('R1 the root that was signed here is no stranger when it comes back, and is pinned', async () => {
      await publish(app, 'first.response.tar');
      await app.stage('v2', 2);
      await exportAll(app, 'second.request.tar');
      const { anomalies } = await app.offline.ok<{ anomalies: { id: string }[] }>(
        'review',
        app.on('second.request.tar'),
      );
      expect(anomalies.filter(({ id }) => /^(FIRST|OVERTAKEN)/.test(id))).toEqual([]);
      await signAll(app, 'second.request.tar', 'second.response.tar');
      await publish(app, 'second.response.tar');
      const events = homeState(app.offline.home).ledger.map(({ event }) => event);
      expect(events.filter((event) => event === 'pinned')).toHaveLength(1);
    });

    test('R1 CHAIN-ROOT: a whole other chain, and roots of the attacker on top of the pinned one', async () => {
      const { key, file } = ownTargets(place());
      for (const versions of [1, 2]) {
        const other = requestFor(
          app,
          app.gun,
          counterfeit(attacker, place(), key, file, versions),
          ++sequence,
        );
        await expectRefusal(app.offline, ['review', other], 'CHAIN-ROOT');
      }
      const two = counterfeit(attacker, place(), key, file, 2);
      const request = requestFor(app, app.gun, two, ++sequence);
      const spliced = await app.forged(request.slice(request.lastIndexOf('/') + 1), (m, contents) => {
        const [record] = m.repositories;
        if (record) record.roots = [contents.put(publishedFile(app, 'root')), ...record.roots.slice(1)];
      });
      await expectRefusal(app.offline, ['review', spliced], 'CHAIN-ROOT');
    });

    test('R7 M5 KEY-REPOSITORY: a targets key of one repository, named by the root of another', async () => {
      const gun = 'registry.example.com/attack/mirror';
      const root = dialectOf(dialect).parse('root', publishedFile(app, 'root'));
      const { keys } = dialectOf(dialect).roleKeys(root, 'targets', { repository: app.gun, now: Date.now() });
      const victim = keys[0]?.public;
      if (!victim) throw new Error('no targets key');
      const files = counterfeit(attacker, place(gun), victim, publishedFile(app, 'targets'));
      const request = requestFor(app, gun, files, ++sequence);
      const { digest, anomalies } = await app.offline.ok<{
        digest: string;
        anomalies: { id: string; typed: boolean }[];
      }>('review', request);
      const typed = anomalies.filter((anomaly) => anomaly.typed).map(({ id }) => id);
      expect(typed.map((id) => id.split(':')[0])).toEqual(['FIRST-CONTACT']);
      const sign = [
        'sign',
        request,
        '-o',
        app.on('mirror.response.tar'),
        ...app.secrets,
        '--approve',
        digest,
      ];
      const accept = typed.flatMap((id) => ['--accept', id]);
      const refusal = await expectRefusal(app.offline, [...sign, ...accept], 'KEY-REPOSITORY');
      expect([refusal.expected, refusal.found]).toEqual([`${dialect}:${app.gun}`, `${dialect}:${gun}`]);
    });

    test('R1 M10 first contact: FIRST-CONTACT must be accepted with its digest, and pins nothing by being looked at', async () => {
      const gun = 'registry.example.com/attack/stranger';
      const { key, file } = ownTargets(place(gun));
      const request = requestFor(app, gun, counterfeit(attacker, place(gun), key, file), ++sequence);
      const { digest } = await app.offline.ok<{ digest: string }>('review', request);
      const sign = [
        'sign',
        request,
        '-o',
        app.on('stranger.response.tar'),
        ...app.secrets,
        '--approve',
        digest,
      ];
      // no key here signs for it, and that is said before anything is asked
      expect((await app.offline.run([...sign, '--json'])).code).toBe(4);
      expect(
        JSON.stringify(homeState(app.offline.home).ledger.filter(({ event }) => event === 'pinned')),
      ).not.toContain(gun);
    });
  },
);
