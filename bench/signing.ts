import { startNotaryServer } from '../test/peers/notary-server.ts';
import { softHsm } from '../test/peers/softhsm.ts';
import { stations } from '../test/peers/stations.ts';
import { listedTimes, timedToken, type TokenTimes } from './measuring/timed-module.ts';
import { count, round, step, targetList, type Step } from './measuring/steps.ts';
import { show, type Row } from './measuring/table.ts';

/**
 * Our own work in `sign`: its wall time without the token's C_SignInit and C_Sign, which a module in front of SoftHSM
 * times, and without the second verification, which the program reports. The step that signs begins with the first
 * task and ends with the last outcome on record: transport, first verification, ledger. Targets updates of a thousand
 * repositories: no keys are made. The same station signs one role too, which shows what does not grow.
 * `signing [--json] [--profile DIR] [--roles N]`
 */
const COUNT = count('--roles', 1_000);
const ROUNDS = 3;
const SIGNING = ['C_SignInit', 'C_Sign'];

/** Milliseconds. */
interface Round {
  readonly wall: number;
  /** C_SignInit and C_Sign. */
  readonly signing: number;
  /** Whatever else the token was asked for. */
  readonly around: number;
  readonly second: number;
  readonly own: number;
  /** The step that signs, without C_SignInit and C_Sign. */
  readonly step: number;
  readonly spent: TokenTimes;
}

const token = await timedToken(await softHsm());
const server = await startNotaryServer();
try {
  const pair = await stations({ token });
  const gun = (at: number): string => `${server.host}/bench/app-${String(at)}`;
  const all = Array.from({ length: COUNT }, (_, at) => gun(at));

  const stage = async (roles: number, name: string): Promise<Step> => {
    const list = targetList(roles, (at) => ({ repository: gun(at), name, length: at + 1 }));
    return step(pair.online, 'add', '--from', list);
  };
  /** One round of targets updates; where the time of its `sign` went. */
  const measured = async (roles: number, name: string): Promise<Round> => {
    await stage(roles, name);
    token.times();
    const signed = (await round(pair, name)).find(({ command }) => command === 'sign')!;
    const { times, signatures } = signed.json as {
      times: { token: number; secondCheck: number };
      signatures: number;
    };
    if (signatures !== roles) throw new Error(`${String(signatures)} signatures`);
    const spent = token.times();
    if (spent.get('C_Sign')?.calls !== roles) throw new Error('the token signed more or less than that');
    const signing = sum(spent, (function_) => SIGNING.includes(function_));
    const around = sum(spent, (function_) => !SIGNING.includes(function_));
    const wall = signed.milliseconds;
    return {
      wall,
      signing,
      around,
      second: times.secondCheck,
      own: wall - signing - times.secondCheck,
      step: times.token - signing,
      spent,
    };
  };
  await pair.online.ok('repository', 'add', ...all, '--server', server.url, '--ca', server.ca);
  await pair.online.ok('init', ...all);
  await stage(COUNT, 'v1');
  await round(pair, 'new');
  const [one, many]: [Round[], Round[]] = [[], []];
  for (let at = 0; at < ROUNDS; at++) {
    one.push(await measured(1, `one-${String(at)}`));
    many.push(await measured(COUNT, `many-${String(at)}`));
  }
  const [fixed, whole] = [one, many].map((rounds) => middle(rounds)) as [Round, Round];

  show({
    title: `sign: ${String(COUNT)} targets updates in SoftHSM (median of ${String(ROUNDS)} rounds)`,
    other: '',
    rows: [
      row(`wall time, ${String(COUNT)} roles`, whole.wall),
      row('  C_SignInit and C_Sign', whole.signing),
      row('  second verification, in threads', whole.second),
      row('  other calls of the token', whole.around),
      row('wall time, one role', fixed.wall),
      row('  other calls of the token', fixed.around),
      perRole('our own work a role, of the whole command', whole.own / COUNT, 0.5),
      perRole('  without what one role costs', (whole.own - fixed.own) / (COUNT - 1)),
      perRole('  without any call of the token', (whole.own - whole.around) / COUNT),
      perRole('our own work a role, of the step that signs', whole.step / COUNT, 0.5),
    ],
    notes: [
      `all rounds, of the whole command: ${many.map(({ own }) => (own / COUNT).toFixed(2)).join(', ')} ms`,
      `token: ${listedTimes(whole.spent)}`,
    ],
  });
} finally {
  await server.stop();
}

function sum(times: TokenTimes, which: (name: string) => boolean): number {
  return [...times].reduce((total, [name, { milliseconds }]) => total + (which(name) ? milliseconds : 0), 0);
}

function middle(rounds: readonly Round[]): Round {
  return rounds.toSorted((a, b) => a.own - b.own)[Math.floor(rounds.length / 2)]!;
}

function row(what: string, ours: number): Row {
  return { what, ours, other: null, value: null, unit: 'ms' };
}

function perRole(what: string, ours: number, atMost?: number): Row {
  return { ...row(what, ours), value: ours, ...(atMost === undefined ? {} : { atMost }) };
}
