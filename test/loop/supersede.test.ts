import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { EXIT } from '../../src/errors.ts';
import { refusalOf } from '../attacks/refusal.ts';
import { scene } from '../attacks/scene.ts';
import { addedLines, homeState } from '../peers/forge.ts';
import { scratchFolder } from '../peers/process.ts';
import { exportAll, publish, roundTrip, signAll } from '../peers/stations.ts';

interface Reviewed {
  readonly anomalies: readonly { readonly id: string; readonly typed: boolean }[];
  readonly repositories: readonly { readonly roles: readonly { readonly payload: string }[] }[];
}

test('M2 a root is superseded again and again: the request names every one that was signed before it', async () => {
  const app = await scene();
  const { online, offline, gun, on } = app;
  await online.ok('init', gun);
  await app.stage('v1');
  await roundTrip(app, 'first');
  await online.ok('refresh', gun, 'root');
  const lost = [await exportAll(app, '0.request.tar')];
  const payloads = new Set<string>();
  for (const round of ['0', '1', '2']) {
    const { anomalies, repositories } = await offline.ok<Reviewed>('review', on(`${round}.request.tar`));
    const typed = anomalies.flatMap((one) => (one.id.startsWith('SUPERSEDE:') && one.typed ? [one.id] : []));
    expect(typed.sort()).toEqual(
      lost
        .slice(0, -1)
        .map((digest) => `SUPERSEDE:${digest}`)
        .sort(),
    );
    payloads.add(repositories[0]?.roles[0]?.payload ?? '');
    await signAll(app, `${round}.request.tar`, `${round}.response.tar`);
    if (round === '2') break;
    const out = on(`${String(Number(round) + 1)}.request.tar`);
    const { request } = await online.ok<{ request: string }>(
      ...['export', '--supersede', lost.at(-1) ?? '', '-o', out],
    );
    lost.push(request);
  }
  expect(payloads.size).toBe(3);
  await publish(app, '2.response.tar');
}, 120_000);

test('R17 export --supersede that is refused changes nothing: the request stays, and nothing is staged', async () => {
  const app = await scene();
  const { online, gun, on } = app;
  await online.ok('init', gun);
  await app.stage('v1');
  await roundTrip(app, 'first');
  await app.stage('v2', 2);
  const lost = await exportAll(app, 'lost.tar');
  await app.stage('v3', 3);
  const before = homeState(online.home);
  const refusedBy = async (...args: string[]): Promise<[string, number | null]> => {
    const finished = await online.run(['export', '--supersede', lost, ...args, '--json']);
    return [refusalOf(finished).check, finished.code];
  };
  const out = ['-o', on('again.tar')];
  expect(await refusedBy(...out, '--to', 'nobody')).toEqual(['PAIR-UNKNOWN', EXIT.usage]);
  expect(await refusedBy('-o', on('lost.tar'))).toEqual(['FILE-EXISTS', EXIT.usage]);
  renameSync(app.folder, `${app.folder}-away`);
  expect(await refusedBy(...out)).toEqual(['CHANGE-INIT', EXIT.refused]);
  renameSync(`${app.folder}-away`, app.folder);
  expect(addedLines(before, online.home)).toEqual([]);
  const staged = async (): Promise<unknown[]> => {
    const { repositories } = await online.ok<{ repositories: { changes: { name: string }[] }[] }>('status');
    return repositories.flatMap(({ changes }) => changes.map(({ name }) => name));
  };
  expect(await staged()).toEqual(['v3']);
  // What was exported can still be answered; what replaces it asks for both.
  await online.ok('export', '--supersede', lost, ...out);
  expect(await staged()).toEqual([]);
  await signAll(app, 'again.tar', 'again.signed.tar');
  await publish(app, 'again.signed.tar');
  const { targets } = await online.ok<{ targets: { name: string }[] }>('list', gun);
  expect(targets.map(({ name }) => name)).toEqual(['v1', 'v2', 'v3']);
}, 120_000);

/** A scene with a second repository, in a folder of its own, and what is staged for each. */
async function twoRepositories() {
  const app = await scene();
  const [other, folder] = ['registry.example.com/attack/other', scratchFolder('other')];
  await app.online.ok('repository', 'add', other, '--directory', folder);
  for (const name of [app.gun, other]) await app.online.ok('init', name);
  const staged = async (): Promise<Record<string, unknown[]>> => {
    const { repositories } = await app.online.ok<{ repositories: { name: string; changes: unknown[] }[] }>(
      'status',
    );
    return Object.fromEntries(repositories.map(({ name, changes }) => [name, changes]));
  };
  return { ...app, other, folder, staged };
}
const INIT = [{ type: 'init', restart: false }];

test('M8 what is not asked for again by the request that replaces another waits for the next', async () => {
  const app = await twoRepositories();
  const { online, gun, other, on, staged } = app;
  const first = await exportAll(app, 'first.tar');
  await online.ok('export', gun, '--supersede', first, '-o', on('one.tar'));
  expect(await staged()).toEqual({ [gun]: [], [other]: INIT });
  await signAll(app, 'one.tar', 'one.signed.tar');
  await publish(app, 'one.signed.tar');
  await exportAll(app, 'two.tar');
  expect(await staged()).toEqual({ [gun]: [], [other]: [] });
}, 120_000);

test('M8 what was published of a request is not asked for again when the rest is', async () => {
  const app = await twoRepositories();
  const { online, gun, other, folder, on, staged } = app;
  const first = await exportAll(app, 'first.tar');
  await signAll(app, 'first.tar', 'first.signed.tar');
  rmSync(folder, { recursive: true });
  writeFileSync(folder, 'no folder');
  const published = await online.run([
    ...['publish', on('first.signed.tar'), '--passphrase-file', app.passphraseFile],
  ]);
  expect(published.code).not.toBe(EXIT.done);
  rmSync(folder);
  await app.stage('v1');
  await online.ok('export', other, '--supersede', first, '-o', on('rest.tar'));
  expect(await staged()).toMatchObject({ [gun]: [{ type: 'add', name: 'v1' }], [other]: [] });
}, 120_000);
