import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { faulty, type FaultyToken } from '../peers/fault-shim.ts';
import { addedLines, homeState, type HomeState } from '../peers/forge.ts';
import { scratchFolder } from '../peers/process.ts';
import { openTerminal, PROGRAM, type Finished } from '../peers/program.ts';
import { softHsm } from '../peers/softhsm.ts';
import {
  exportAll,
  hashOf,
  publish,
  roundTrip,
  stations,
  withOnlineKeys,
  type TestStations,
} from '../peers/stations.ts';
import { refusalOf } from './refusal.ts';

/** Repositories of one request, and with them signatures of one batch. */
const GUNS = [1, 2, 3, 4].map((number) => `registry.example.com/faults/app-${String(number)}`);
/** The program's patience with a token that does not answer, and what else a run takes; milliseconds. */
const PATIENCE = 100_000;

/** Paired stations whose root and targets keys are in a faulty token, with published repositories. */
interface FaultScene extends TestStations {
  readonly module: FaultyToken;
}

async function faultScene(): Promise<FaultScene> {
  const module = await faulty(await softHsm());
  const pair = await stations({ token: module });
  await withOnlineKeys(pair);
  await pair.online.ok('repository', 'add', ...GUNS, '--directory', scratchFolder('published'));
  await pair.online.ok('init', ...GUNS);
  await roundTrip(pair, 'setup');
  return { ...pair, module };
}

let version = 0;

/** One signing of all repositories, in the making. */
interface Round {
  readonly request: string;
  readonly response: string;
  /** The command; further flags may follow. */
  readonly sign: readonly string[];
  readonly before: HomeState;
  readonly calls: (name: string) => number;
}

/** Stages a target in each repository, exports and reviews: all that is left to do is to sign. */
async function newRound({ online, offline, on, module }: FaultScene): Promise<Round> {
  const name = `round-${String(++version)}`;
  const list = on(`${name}.csv`);
  const lines = GUNS.map((gun) => `${gun},${name},7,${hashOf(version)}`);
  writeFileSync(list, ['repository,name,length,sha256', ...lines, ''].join('\n'));
  await online.ok('add', '--from', list);
  const request = await exportAll({ online, on } as FaultScene, `${name}.request.tar`);
  await offline.ok('review', on(`${name}.request.tar`));
  const response = `${name}.response.tar`;
  const calls = Object.fromEntries(['C_Login', 'C_Sign'].map((call) => [call, module.calls(call)]));
  return {
    request,
    response,
    sign: ['sign', on(`${name}.request.tar`), '-o', on(response), '--approve', request],
    before: homeState(offline.home),
    calls: (call) => module.calls(call) - (calls[call] ?? 0),
  };
}

function signRound({ offline, secrets }: FaultScene, { sign }: Round): Promise<Finished> {
  return offline.run([...sign, ...secrets, '--json'], { timeout: PATIENCE });
}

/** The command said this, and let nothing out: no file on the stick, nothing half-written, a whole ledger. */
async function expectNothingReleased(
  scene: FaultScene,
  round: Round,
  finished: Finished,
  [check, exit]: readonly [string, number],
): Promise<void> {
  const { check: found, message, hint } = refusalOf(finished);
  expect([found, finished.code], `${message}\n${finished.stderr}`).toEqual([check, exit]);
  expect(hint).toBeTruthy();
  expect(readdirSync(scene.stick).filter((name) => name.includes('.part'))).toEqual([]);
  expect(existsSync(scene.on(round.response))).toBe(false);
  const after = homeState(scene.offline.home);
  expect([...after.files.keys()].filter((name) => name.includes('.part'))).toEqual([]);
  const responses = (state: HomeState): string[] =>
    [...state.files.keys()].filter((name) => name.startsWith('responses/'));
  expect(responses(after)).toEqual(responses(round.before));
  expect(eventsSince(scene, round)).not.toContain('sealed');
  await scene.offline.ok('log', 'verify');
  expect(processesWith(scene.module.module.path)).toEqual([]);
}

/** Events of the offline ledger since the round began. */
function eventsSince({ offline }: FaultScene, { before }: Round): string[] {
  return homeState(offline.home)
    .ledger.slice(before.ledger.length)
    .map(({ event }) => event);
}

/** The same command with a token that works ends the round, and signs nothing twice. */
async function expectGoodRun(scene: FaultScene, round: Round): Promise<void> {
  scene.module.plan('');
  const kept = eventsSince(scene, round).filter((event) => event === 'outcome').length;
  const signs = round.calls('C_Sign');
  const finished = await signRound(scene, round);
  expect(finished.code, finished.stdout).toBe(0);
  expect(finished.json()).toMatchObject({ signatures: GUNS.length });
  expect(round.calls('C_Sign') - signs).toBe(GUNS.length - kept);
  const outcomes = eventsSince(scene, round).filter((event) => event === 'outcome');
  expect(outcomes).toHaveLength(GUNS.length);
  const { repositories } = (await publish(scene, round.response)) as {
    repositories: readonly { state: string }[];
  };
  expect(repositories.map(({ state }) => state)).toEqual(GUNS.map(() => 'published'));
}

/** Processes that have this module loaded. */
function processesWith(path: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/maps`, 'utf8').includes(path);
      } catch {
        return false;
      }
    });
}

let scene: FaultScene;
beforeAll(async () => {
  scene = await faultScene();
});

describe('R12 proof 6: PINs, through the program', () => {
  test('PIN-INCORRECT: a wrong PIN is one C_Login, and a good run follows', async () => {
    const round = await newRound(scene);
    const wrong = join(scratchFolder('secrets'), 'pin');
    writeFileSync(wrong, 'not-the-pin\n', { mode: 0o600 });
    const finished = await scene.offline.run([...round.sign, '--pin-file', wrong, '--json']);
    await expectNothingReleased(scene, round, finished, ['PIN-INCORRECT', 6]);
    expect([round.calls('C_Login'), round.calls('C_Sign')]).toEqual([1, 0]);
    expect(addedLines(round.before, scene.offline.home)).toEqual([]);
    await expectGoodRun(scene, round);
    expect(round.calls('C_Login')).toBe(2);
  });

  test.each([
    ['the token says that its PIN is locked', 'tokflags=40000/0', 'PIN-LOCKED', 0],
    ['the login says that the PIN is locked', 'C_Login:*:0xA4', 'PIN-LOCKED', 1],
    ['the final try, without a terminal', 'tokflags=20000/0', 'PIN-FINAL-TRY', 0],
    ['the PIN has expired', 'C_Login:*:0xA3', 'PIN-CHANGE', 1],
  ])('%s: nothing is recorded, and a good run follows', async (_, plan, check, logins) => {
    const round = await newRound(scene);
    scene.module.plan(plan);
    const finished = await signRound(scene, round);
    await expectNothingReleased(scene, round, finished, [check, 6]);
    expect([round.calls('C_Login'), round.calls('C_Sign')]).toEqual([logins, 0]);
    expect(addedLines(round.before, scene.offline.home)).toEqual([]);
    await expectGoodRun(scene, round);
  });

  test('PIN-FINAL-TRY at a terminal: used only after FINAL TRY was typed, and then the PIN is asked for', async () => {
    const round = await newRound(scene);
    scene.module.plan('tokflags=20000/0');
    const sign = async (answer: string, end: RegExp): Promise<void> => {
      const terminal = openTerminal([PROGRAM, ...round.sign], {
        home: scene.offline.home,
        env: scene.module.env,
      });
      try {
        await terminal.waitFor(/one attempt is left on "?root"?; type FINAL TRY to use it:/);
        terminal.send(`${answer}\n`);
        if (answer === 'FINAL TRY') {
          await terminal.waitFor(/PIN of token "?root"?:/);
          terminal.send(`${scene.module.pin}\n`);
        }
        const screen = await terminal.waitFor(/\[exit \d+\]/);
        expect(screen).toMatch(end);
        expect(screen).not.toContain(scene.module.pin);
      } finally {
        terminal.close();
      }
    };
    await sign('yes', /PIN-FINAL-TRY[^]*\[exit 6\]/);
    expect(round.calls('C_Login')).toBe(0);
    expect(addedLines(round.before, scene.offline.home)).toEqual([]);
    await sign('FINAL TRY', /\[exit 0\]/);
    expect(round.calls('C_Login')).toBe(1);
    scene.module.plan('');
    await publish(scene, round.response);
  });
});

describe('R11 R13 R14 proof 6: a token that fails in the middle of a batch, through the program', () => {
  test.each<[string, string, string, number]>([
    ['a signature with a flipped bit', 'C_Sign:3:flip', 'SIGNATURE-TOKEN', 3],
    ['a signature of zeros', 'C_Sign:1:zero', 'SIGNATURE-TOKEN', 3],
    ['the token is pulled out', 'C_Sign:3:0x32', 'TOKEN-GONE', 6],
    ['the token is no longer there', 'C_SignInit:2:0xE0', 'TOKEN-GONE', 6],
    ['an error after the signature was made', 'C_Sign:2:after=0x30', 'TOKEN-ERROR', 6],
    ['a crash inside the module', 'C_Sign:3:crash', 'TOKEN-CRASH', 6],
    ['an abort inside the module', 'C_Sign:3:abort', 'TOKEN-CRASH', 6],
    ['a crash before the login', 'C_GetSlotList:*:crash', 'TOKEN-CRASH', 6],
  ])('%s: nothing is released, and the next run goes on', async (_, plan, check, exit) => {
    const round = await newRound(scene);
    scene.module.plan(plan);
    const finished = await signRound(scene, round);
    await expectNothingReleased(scene, round, finished, [check, exit]);
    const added = eventsSince(scene, round);
    expect(added.filter((event) => event === 'refusal')).toHaveLength(exit === 3 ? 1 : 0);
    const call = Number(/C_Sign\w*:(\d)/.exec(plan)?.[1] ?? 1);
    const outcomes = added.filter((event) => event === 'outcome').length;
    // what was verified before the fault is recorded; of a process that crashed, what it had handed over
    if (check === 'TOKEN-CRASH') expect(outcomes).toBeLessThan(call);
    else expect(outcomes).toBe(call - 1);
    await expectGoodRun(scene, round);
  });

  test(
    'TOKEN-TIMEOUT: a C_Sign that hangs ends after a minute, its process with it',
    async () => {
      const round = await newRound(scene);
      scene.module.plan('C_Sign:2:hang=600000');
      const finished = await signRound(scene, round);
      await expectNothingReleased(scene, round, finished, ['TOKEN-TIMEOUT', 6]);
      await expectGoodRun(scene, round);
    },
    2 * PATIENCE,
  );
});
