import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { allAnomalies, type Examination } from '../../src/offline/examination.ts';
import { review } from '../../src/offline/review.ts';
import { withOfflineStation } from '../../src/offline/session.ts';
import type { TargetEntry } from '../../src/metadata/document.ts';
import { targetAnomalies } from '../../src/review/target-anomalies.ts';
import { targetChanges } from '../../src/review/target-change.ts';
import { reviewLines } from '../../src/terminal/views/review-view.ts';
import { evilRequest } from '../attacks/evil-online.ts';
import { copyOf, scene, withOffline, type Scene } from '../attacks/scene.ts';
import { hashOf, roundTrip } from '../peers/stations.ts';

let app: Scene;
/** The offline home as it was when it had seen targets 1 and signed targets 2. */
let lagging: Scene;
/** A request for an innocent change of what is published now. */
let request: string;

beforeAll(async () => {
  app = await scene();
  const { online, gun, passphraseFile } = app;
  await online.ok('key', 'generate', 'targets/alice', '--keyfile', '--passphrase-file', passphraseFile);
  await online.ok('init', gun);
  for (const number of [1, 2, 3]) await app.stage(`v${String(number)}`, number);
  await roundTrip(app, 'first');
  await app.stage('v4', 4);
  await roundTrip(app, 'second');
  lagging = withOffline(app, copyOf(app.offline.home));
  await online.ok('remove', gun, 'v1');
  await online.ok('addhash', gun, 'v2', '99', '--sha256', hashOf(22));
  await online.ok('delegation', 'add', gun, 'targets/alice', 'build', '--paths', 'alice/');
  await roundTrip(app, 'third');
  request = await evilRequest(app, [
    { type: 'add', role: 'targets', name: 'v6', length: 1, hashes: { sha256: hashOf(6) }, evidence: null },
  ]);
}, 60_000);

async function reviewedBy({ offline }: Scene, file: string): Promise<Examination> {
  const { examination } = await withOfflineStation(offline.home, 'review', (station) =>
    review(station, file, []),
  );
  return examination;
}

test('M11 review shows what changed since this station last saw the repository, not only versions', async () => {
  const examination = await reviewedBy(lagging, request);
  const [since, ...more] = examination.repositories[0]?.since ?? [];
  expect(more).toEqual([]);
  expect([since?.role, since?.fromVersion, since?.toVersion]).toEqual(['targets', 1, 3]);
  expect(since?.targets.map(({ name, before, after }) => [name, before?.length, after?.length])).toEqual([
    ['v2', 100, 99],
    ['v1', 100, undefined],
    ['v4', undefined, 100],
  ]);
  expect(
    since?.delegations.map(({ role, thresholdAfter, keys }) => [role, thresholdAfter, keys.length]),
  ).toEqual([['targets/alice', 1, 1]]);
  expect(allAnomalies(examination)).toContainEqual(
    expect.objectContaining({ id: `SINCE:${app.gun}:targets:3`, typed: false }),
  );
  const text = reviewLines(examination).join('\n');
  expect(text).toContain('targets, since this station last saw it: version 1 -> 3\n');
  expect(text).toMatch(
    /version 1 -> 3[^]*\+ delegation to targets\/alice[^]*- "v1" 100 bytes[^]*targets: version 3 -> version 4/,
  );
});

test('R8 what shrinks, goes or moves is shown before a list is cut, however many names are added or moved', async () => {
  const examination = await reviewedBy(app, request);
  const [repository] = examination.repositories;
  const [difference] = repository?.differences ?? [];
  if (!repository || !difference) throw new Error('nothing is shown');
  const entry = (length: number, number = length): TargetEntry => ({
    length,
    hashes: { sha256: hashOf(number) },
  });
  const many = Array.from({ length: 60 }, (_, at) => at);
  const before = new Map(
    many.flatMap((at) => [
      [`moved-${String(at)}`, entry(50)],
      [`gone-${String(at)}`, entry(50)],
    ]),
  );
  const after = new Map(
    many.flatMap((at) => [
      [`added-${String(at)}`, entry(9)],
      [`moved-${String(at)}`, entry(50, at)],
    ]),
  );
  before.set('less', entry(100)).set('more', entry(100));
  after.set('less', entry(9)).set('more', entry(900));
  const targets = targetChanges(before, after);
  const one = { ...difference, targets };
  const odd = { id: 'ODD', typed: false, text: 'something rare' };
  const anomalies = [...targetAnomalies(app.gun, one), odd];
  const lines = reviewLines({
    ...examination,
    repositories: [{ ...repository, differences: [one], anomalies }],
  });
  const marked = lines.filter((line) => line.startsWith('   ! '));
  expect(marked.slice(0, 4)).toEqual([
    '   ! something rare',
    '   ! moved and shrunken (100 to 9 bytes): less',
    '   ! moved and vastly longer (100 to 900 bytes): more',
    '   ! removed: gone-0',
  ]);
  const moved = lines.filter((line) => line.startsWith('    ~ '));
  expect(moved.slice(0, 2)).toEqual(['    ~ "less" 100 -> 9 bytes', '    ~ "more" 100 -> 900 bytes']);
});

test('M11 a station that saw the last version has nothing to be shown of it', async () => {
  const examination = await reviewedBy(app, request);
  expect(examination.repositories[0]?.since.map(({ role }) => role) ?? []).toEqual([]);
});

test('M11 SINCE-UNKNOWN: where the old bytes are gone, review says so, and that is typed', async () => {
  const inbox = join(lagging.offline.home, 'inbox');
  for (const file of readdirSync(inbox)) rmSync(join(inbox, file));
  const examination = await reviewedBy(lagging, request);
  expect(examination.repositories[0]?.since).toEqual([]);
  expect(allAnomalies(examination)).toContainEqual(
    expect.objectContaining({ id: `SINCE-UNKNOWN:${app.gun}:targets:3`, typed: true }),
  );
});
