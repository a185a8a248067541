import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { oldEstate, seenByTufJs, serve } from '../convert/estate.ts';
import { startNotaryServer, type NotaryServerPeer } from '../peers/notary-server.ts';
import { scratchFolder } from '../peers/process.ts';
import { hashOf, stations } from '../peers/stations.ts';
import { stockNotary } from '../peers/stock-notary.ts';
import { acceptsOf, digestOf, runBlocks } from './blocks.ts';

let server: NotaryServerPeer;
beforeAll(async () => {
  server = await startNotaryServer();
});
afterAll(() => server.stop());

test('every command of the way out of Notary does what it says, in order', async () => {
  const pair = await stations({ rootKey: false });
  const { guns } = await oldEstate(server, pair, 'old');
  const served = scratchFolder('served');
  const { online, offline, stick, on, passphraseFile } = pair;
  const count = await runBlocks(
    'from-notary-to-tuf.md',
    { online: online.home, offline: offline.home },
    { STICK: stick, REPO: join(served, 'app'), PASS: passphraseFile, GUN: guns.delegated },
    async () => ({
      CONVERT_DIGEST: await digestOf(on('convert.request.tar')),
      CONVERT_ACCEPT: await acceptsOf(offline.home, on('convert.request.tar')),
      FINAL_DIGEST: await digestOf(on('final.request.tar')),
    }),
  );
  expect(count).toBe(9);
  const web = await serve(served);
  expect(await seenByTufJs(served, web.url, 'app', ['v1', 'qa/linux/x86'])).toEqual({
    v1: `${hashOf(4)} 13`,
    'qa/linux/x86': `${hashOf(6)} 15`,
  });
  web.stop();
  const names = (await stockNotary(server).list(guns.delegated)).map(({ name }) => name);
  expect(names.sort()).toEqual(['nightly-1', 'qa/linux/x86', 'stable', 'v1']);
}, 300_000);
