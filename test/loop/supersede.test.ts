import { expect, test } from 'vitest';
import { scene } from '../attacks/scene.ts';
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
}, 60_000);
