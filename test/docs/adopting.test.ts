import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cosign, serve, writeForeign } from '../adopt/foreign-repository.ts';
import { scratchFolder } from '../peers/process.ts';
import { stations } from '../peers/stations.ts';
import { acceptsOf, digestOf, keyOf, runBlocks } from './blocks.ts';

test('every command of the page about adoption does what it says, in order, with signatures and files that others add in between', async () => {
  const { online, offline, stick, on, passphraseFile } = await stations({ rootKey: false });
  const foreign = writeForeign(scratchFolder('foreign'));
  const server = await serve(foreign.dir);
  const others = { signed: false, published: false };
  /** What people elsewhere do with the files that they were given. */
  const actElsewhere = (): void => {
    const [carol] = foreign.rootKeys;
    if (carol && !others.signed && existsSync(on('13.root.json'))) {
      cosign(on('13.root.json'), carol);
      others.signed = true;
    }
    const candidate = join(on('candidate'), '13.root.json');
    if (!others.published && existsSync(candidate)) {
      copyFileSync(candidate, foreign.root(13));
      others.published = true;
    }
  };
  const count = await runBlocks(
    'adopting.md',
    { online: online.home, offline: offline.home },
    {
      ...{ URL: `${server.url}/metadata`, STICK: stick, PASS: passphraseFile },
      ROOT_SHA256: createHash('sha256')
        .update(readFileSync(foreign.root(12)))
        .digest('hex'),
    },
    async () => {
      actElsewhere();
      return {
        ADOPT_DIGEST: await digestOf(on('adopt.request.tar')),
        ROOT_KEY: await keyOf(offline.home, 'root'),
        ROOT_DIGEST: await digestOf(on('root.request.tar')),
        ROOT_ACCEPT: await acceptsOf(offline.home, on('root.request.tar')),
      };
    },
  );
  expect([count, others]).toEqual([10, { signed: true, published: true }]);
  const shown = await online.ok<{ root: { version: number } }>('repository', 'show', 'upstream');
  expect(JSON.stringify(shown)).toContain('13');
  await server.stop();
}, 120_000);
