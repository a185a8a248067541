import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { addRepositories } from '../../src/online/repositories/repositories.ts';
import { delegationList } from '../../src/online/reading/delegation-list.ts';
import { listTargets } from '../../src/online/reading/found-targets.ts';
import { readPublished, roleVersions } from '../../src/online/reading/read.ts';
import { stageInit } from '../../src/online/staging/stage-init.ts';
import { startNotaryServer, type NotaryServerPeer } from '../peers/notary-server.ts';
import { hashOf } from '../peers/stations.ts';
import { stockNotary, type StockNotary } from '../peers/stock-notary.ts';
import { KINDS } from './changes.ts';
import { stationsInProcess, type Stations } from './in-process.ts';
import { RepositoryModel } from './model.ts';
import type { Dice, Subject } from './subject.ts';

vi.setConfig({ testTimeout: 240_000 });

const REPOSITORIES = 5;
const DELEGATES = 4;
const RUNS = 4;

/** One step: a change of one repository, and whether all that waits is published then. */
const step = fc.record({
  // One of them gets a longer history than the others.
  repository: fc.oneof(fc.constant(0), fc.nat({ max: REPOSITORIES - 1 })),
  kind: fc.oneof(
    ...Object.entries(KINDS).map(([kind, { weight }]) => ({
      weight,
      arbitrary: fc.constant(kind as keyof typeof KINDS),
    })),
  ),
  dice: fc.record({ a: fc.nat({ max: 255 }), b: fc.nat({ max: 255 }), c: fc.nat({ max: 255 }) }),
  publish: fc.nat({ max: 5 }).map((number) => number === 0),
});
// Unbiased: a short run of small numbers changes next to nothing.
const steps = fc.noBias(fc.array(step, { minLength: 25, maxLength: 30, size: 'max' }));

type Step = typeof step extends fc.Arbitrary<infer One> ? One : never;

/** A role is lost, witnessed, taken away and given back: what random steps seldom do in this order. */
const LOST_AND_FOUND: Step[] = (
  [
    ['delegation add', 0, 0],
    ['add', 0, 0],
    ['threshold of a delegation, and other keys', 0, 0],
    ['witness', 0, 0],
    ['delegation add', 1, 9],
    ['add', 1, 1],
    ['delegation remove', 0, 0],
    ['delegation add', 0, 9],
    ['delegation remove', 0, 0],
    ['delegation add', 0, 18],
    ['add', 0, 2],
  ] as const
).map(([kind, a, b]) => ({ repository: 0, kind, dice: { a, b, c: a }, publish: true }));

/** What is done where nothing of a kind can be. */
const USUAL = ['threshold of a delegation, and other keys', 'delegation add', 'add'] as const;

/** Tries one after the other until one says true. */
async function firstOf(attempts: readonly (() => Promise<boolean>)[]): Promise<void> {
  for (const attempt of attempts) if (await attempt()) return;
}

let server: NotaryServerPeer;
beforeAll(async () => {
  server = await startNotaryServer();
});
afterAll(() => server.stop());

describe.each([
  ['knows from the card who holds the keys of delegates, so that roles are signed anew', true],
  ['does not know who holds the keys of delegates, so that roles are lost until somebody signs them', false],
])('the online station %s', (_, known) => {
  let stations: Stations;
  let delegates: Subject['delegates'];
  /** ID of the newest root key. */
  let root: string;
  let runs = 0;
  beforeAll(async () => {
    stations = await stationsInProcess();
    const made = await Promise.all(
      Array.from({ length: DELEGATES }, (__, at) => stations.key(`targets/delegate-${String(at)}`)),
    );
    delegates = made.map(({ key, file }) => ({ id: key.id, file }));
    if (known) await stations.renewCard();
    root = (await stations.key('root')).key.id;
  });

  const newSubjects = async (): Promise<Subject[]> => {
    const guns = Array.from(
      { length: REPOSITORIES },
      (__, at) => `${server.host}/property-${String(known)}/run-${String(runs)}/app-${String(at)}`,
    );
    runs += 1;
    await stations.online(({ station, stores }) => {
      const place = { kind: 'server', url: server.url, ca: server.caPem } as const;
      addRepositories(
        station.home,
        guns.map((name) => ({ dialect: 'notary', name, place })),
      );
      return stageInit(station, stores, guns, false, []);
    });
    return guns.map((gun) => ({ gun, model: new RepositoryModel(), stations, delegates, known }));
  };

  test('any valid changes of five repositories lead to what the model says, for us and for the stock client', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        const subjects = await newSubjects();
        const kept = stockNotary(server);
        /** Repositories whose waiting change is a request's only one. */
        const closed = new Set<Subject>();
        const publish = async (): Promise<void> => {
          const changed = subjects.filter((subject) => subject.model.isDirty || closed.has(subject));
          if (changed.length === 0) return;
          await stations.roundTrip(root);
          for (const subject of changed) {
            subject.model.publish();
            if (closed.has(subject)) subject.model.root += 1;
          }
          closed.clear();
          await expectViews(changed, kept);
        };
        await publish();
        const stage = async (subject: Subject, kind: keyof typeof KINDS, dice: Dice): Promise<boolean> => {
          // CHANGE-UNREADABLE: nothing changes below a role that loses its signatures
          if (!known && subject.model.isFragile) await publish();
          if (kind === 'key rotate root') root = (await stations.key('root')).key.id;
          const staged = await KINDS[kind].stage(subject, dice);
          if (staged && KINDS[kind].alone) closed.add(subject);
          return staged;
        };
        for (const { repository, kind, dice, publish: now } of all) {
          const [first, ...others] = [...subjects.slice(repository), ...subjects.slice(0, repository)];
          const waits = (subject: Subject): boolean =>
            closed.has(subject) || (KINDS[kind].alone && subject.model.isDirty);
          if (waits(first as Subject)) await publish();
          // What one repository has not got, such as a delegation that could go, another may have.
          const tried = [first as Subject, ...others.filter((other) => !waits(other))];
          await firstOf([
            ...tried.map((subject) => () => stage(subject, kind, dice)),
            ...USUAL.map((usual) => () => stage(first as Subject, usual, dice)),
          ]);
          if (now) await publish();
        }
        await publish();
        await expectViews(subjects, stockNotary(server));
      }),
      { numRuns: RUNS, examples: [[LOST_AND_FOUND]], endOnFailure: true },
    );
  });

  async function expectViews(subjects: readonly Subject[], stock: StockNotary): Promise<void> {
    const ours = await stations.online(async ({ station, stores }) =>
      Promise.all(
        subjects.map(async ({ gun }) => ({
          repository: await readPublished(station, stores, gun),
          delegations: (await delegationList(station, stores, gun)).delegations,
        })),
      ),
    );
    const stocks = await Promise.all(subjects.map(({ gun }) => stock.list(gun)));
    for (const [at, { gun, model }] of subjects.entries()) {
      const expected = model
        .rows()
        .map(({ name, role, content }) => ({ name, sha256: hashOf(content), length: content, role }));
      const { repository, delegations } = ours[at] as (typeof ours)[number];
      const rows = listTargets(repository).map(({ name, role, entry }) => ({
        ...{ name, sha256: entry.hashes['sha256'], length: entry.length, role },
      }));
      expect(rows, gun).toEqual(expected);
      const theirs = [...(stocks[at] ?? [])].sort((a, b) => (a.name < b.name ? -1 : 1));
      expect(theirs, gun).toEqual(expected);
      const versions = roleVersions(repository).filter(
        ({ role }) => role !== 'snapshot' && role !== 'timestamp',
      );
      expect(Object.fromEntries(versions.map(({ role, version }) => [role, version])), gun).toEqual(
        model.versions(),
      );
      const number = new Map(delegates.map(({ id }, index) => [id, index]));
      const declared = delegations.map(({ role, paths, threshold, keys }) => {
        const numbers = keys.map(({ canonicalId }) => number.get(canonicalId)).sort();
        return { role, paths, threshold, keys: numbers };
      });
      expect(declared, gun).toEqual(model.delegations());
    }
  }
});
