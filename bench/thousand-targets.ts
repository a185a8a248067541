import { startNotaryServer } from '../test/peers/notary-server.ts';
import { softHsm } from '../test/peers/softhsm.ts';
import { hashOf, roundTrip, stations } from '../test/peers/stations.ts';
import { stockNotary } from '../test/peers/stock-notary.ts';
import {
  count,
  listed,
  round,
  step,
  targetList,
  total,
  withoutReview,
  type Step,
} from './measuring/steps.ts';
import { faster, show } from './measuring/table.ts';

/**
 * A thousand targets for a published repository: `add --from LIST` and one round through SoftHSM, against as many
 * `notary addhash` and one `notary publish`. Ours is measured before and after stock; the slower one counts.
 * `thousand-targets [--json] [--profile DIR] [--targets N]`
 */
const COUNT = count('--targets', 1_000);

const server = await startNotaryServer();
try {
  const pair = await stations({ token: await softHsm() });
  const list = targetList(COUNT, (at) => ({ name: `release-${String(at)}`, length: at + 1 }));
  const stock = stockNotary({ url: server.url, ca: server.ca });

  const ours = async (name: string): Promise<Step[]> => {
    const gun = `${server.host}/bench/${name}`;
    await pair.online.ok('repository', 'add', gun, '--server', server.url, '--ca', server.ca);
    await pair.online.ok('init', gun);
    await roundTrip(pair, `${name}-new`);
    const steps = [await step(pair.online, 'add', gun, '--from', list), ...(await round(pair, name))];
    await expectTargets(gun);
    return steps;
  };

  const theirs = async (): Promise<{ addhash: number; publish: number }> => {
    const gun = `${server.host}/bench/stock`;
    await stock.init(gun, { serverSnapshot: false });
    const start = performance.now();
    for (let at = 0; at < COUNT; at++)
      await stock.addhash(gun, `release-${String(at)}`, at + 1, hashOf(at + 1));
    const staged = performance.now();
    await stock.publish(gun);
    const end = performance.now();
    await expectTargets(gun);
    return { addhash: staged - start, publish: end - staged };
  };

  const expectTargets = async (gun: string): Promise<void> => {
    const published = await stockNotary({ url: server.url, ca: server.ca }).list(gun);
    if (published.length !== COUNT) throw new Error(`${gun} has ${String(published.length)} targets`);
  };

  const first = await ours('before');
  const { addhash, publish } = await theirs();
  const second = await ours('after');
  const slower = total(withoutReview(first)) > total(withoutReview(second));
  const [steps, other] = slower ? [first, second] : [second, first];
  show({
    title: `${String(COUNT)} targets for one repository, from list to published`,
    other: 'notary',
    rows: [
      faster('stage', steps[0]!.milliseconds, addhash),
      faster('stage, export, sign, publish', total(withoutReview(steps)), addhash + publish, 10),
      faster('the same and review', total(steps), addhash + publish),
    ],
    notes: [`ours: ${listed(steps)}`, `the other run of ours: ${listed(other)}`],
  });
} finally {
  await server.stop();
}
