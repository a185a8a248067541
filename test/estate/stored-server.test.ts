import { afterAll, beforeAll, expect, test } from 'vitest';
import { startNotaryOnPostgres, type StoredNotaryPeer } from '../peers/notary-on-postgres.ts';
import { stockNotary } from '../peers/stock-notary.ts';

let server: StoredNotaryPeer;
beforeAll(async () => {
  server = await startNotaryOnPostgres();
});
afterAll(() => server.stop());

test('the stock client publishes to a server whose files are in PostgreSQL and whose keys are at a signer', async () => {
  const gun = `${server.host}/peers/stored`;
  const stock = stockNotary(server);
  await stock.init(gun);
  await stock.addhash(gun, 'v1', 1, 'ab'.repeat(32));
  await stock.publish(gun);
  expect(await stockNotary(server).list(gun)).toEqual([
    { name: 'v1', sha256: 'ab'.repeat(32), length: 1, role: 'targets' },
  ]);
  const files = await server.postgres.sql(
    'notaryserver',
    `select role, max(version) from tuf_files where gun = '${gun}' group by role order by role;`,
  );
  expect(files).toBe('root|2\nsnapshot|4\ntargets|3\ntimestamp|3\n');
  const keys = await server.postgres.sql(
    'notarysigner',
    'select role, algorithm from private_keys order by role;',
  );
  expect(keys).toBe('snapshot|ecdsa\ntimestamp|ecdsa\n');
});
