import { startNotaryServer } from '../test/peers/notary-server.ts';
import { softHsm } from '../test/peers/softhsm.ts';
import { hashOf, stations } from '../test/peers/stations.ts';
import { stockNotary } from '../test/peers/stock-notary.ts';
import { count, listed, round, step, targetList, total, withoutReview } from './measuring/steps.ts';
import { listedTimes, timedToken } from './measuring/timed-module.ts';
import { faster, show } from './measuring/table.ts';

/**
 * New repositories with one target each, in one request signed in SoftHSM, against `notary init`, `addhash` and
 * `publish` for each with key files. Ours runs between two halves of stock.
 * `new-repositories [--json] [--profile DIR] [--repositories N]`
 */
const COUNT = count('--repositories', 200);

const server = await startNotaryServer();
try {
  const token = await timedToken(await softHsm());
  const pair = await stations({ token });
  const stock = stockNotary({ url: server.url, ca: server.ca });
  const gun = (whose: string, at: number): string => `${server.host}/bench/${whose}-${String(at)}`;
  const fresh = stockNotary({ url: server.url, ca: server.ca });
  const spent = { init: 0, addhash: 0, publish: 0 };

  const timed = async (what: keyof typeof spent, ...args: string[]): Promise<void> => {
    const start = performance.now();
    const { code, stderr } = await stock.run([what, ...args]);
    spent[what] += performance.now() - start;
    if (code !== 0) throw new Error(`notary ${what} ${args.join(' ')}: ${stderr}`);
  };
  const theirs = async (from: number, to: number): Promise<void> => {
    for (let at = from; at < to; at++) {
      await timed('init', gun('stock', at));
      await timed('addhash', gun('stock', at), 'v1', String(at + 1), '--sha256', hashOf(at + 1));
      await timed('publish', gun('stock', at));
    }
  };

  const half = Math.floor(COUNT / 2);
  await theirs(0, half);
  const all = Array.from({ length: COUNT }, (_, at) => gun('ours', at));
  const list = targetList(COUNT, (at) => ({ repository: gun('ours', at), name: 'v1', length: at + 1 }));
  token.times();
  const steps = [
    await step(pair.online, 'repository', 'add', ...all, '--server', server.url, '--ca', server.ca),
    await step(pair.online, 'init', ...all),
    await step(pair.online, 'add', '--from', list),
    ...(await round(pair, 'new')),
  ];
  await theirs(half, COUNT);

  for (const whose of ['ours', 'stock'])
    for (const at of [0, half, COUNT - 1])
      if ((await fresh.lookup(gun(whose, at), 'v1'))?.sha256 !== hashOf(at + 1))
        throw new Error(`${gun(whose, at)} was not published`);

  const stockTime = spent.init + spent.addhash + spent.publish;
  const signed = steps.find(({ command }) => command === 'sign')!;
  const { secondCheck } = (signed.json as { times: { secondCheck: number } }).times;
  const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(2)} s`;
  show({
    title: `${String(COUNT)} new repositories, each with one target, in one request`,
    other: 'notary',
    rows: [
      faster('from nothing to published', total(withoutReview(steps)), stockTime, 3),
      faster('the same and review', total(steps), stockTime),
    ],
    notes: [
      `ours: ${listed(steps)}`,
      `of sign: second verification ${seconds(secondCheck)}`,
      `token: ${listedTimes(token.times())}`,
      `notary: init ${seconds(spent.init)}, addhash ${seconds(spent.addhash)}, publish ${seconds(spent.publish)}`,
    ],
  });
} finally {
  await server.stop();
}
