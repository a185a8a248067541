import { afterAll, beforeAll, expect, test } from 'vitest';
import { dockerClient } from '../peers/docker-client.ts';
import { startNotaryServer } from '../peers/notary-server.ts';
import type { NotaryServerPeer } from '../peers/notary-server.ts';
import { stockNotary } from '../peers/stock-notary.ts';

let server: NotaryServerPeer;
beforeAll(async () => {
  server = await startNotaryServer();
});
afterAll(async () => {
  await server.stop();
});

test('design section 7: the stock clients read from the real server what the stock client published', async () => {
  const gun = `${server.host}/team/app`;
  const notary = stockNotary(server);
  await notary.init(gun);
  await notary.addhash(gun, 'v1', 7, 'ab'.repeat(32));
  await notary.publish(gun);
  const expected = { name: 'v1', sha256: 'ab'.repeat(32), length: 7, role: 'targets' };
  expect(await stockNotary(server).list(gun)).toEqual([expected]);
  expect(await stockNotary(server).lookup(gun, 'v1')).toEqual({ ...expected, role: '' });
  expect(await stockNotary(server).lookup(gun, 'v2')).toBeNull();
  const docker = await dockerClient(server).inspect(gun);
  expect(docker?.SignedTags).toEqual([{ SignedTag: 'v1', Digest: 'ab'.repeat(32), Signers: ['Repo Admin'] }]);
  expect(await dockerClient(server).inspect(`${server.host}/team/none`)).toBeNull();
});
