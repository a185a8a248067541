import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { scratchFolder } from '../peers/process.ts';
import { softHsm } from '../peers/softhsm.ts';
import { seenByTufJs, serve } from '../convert/estate.ts';
import { acceptsOf, digestOf, keyOf, runBlocks } from './blocks.ts';

test('every command of the TUF guide does what it says, in order, and a tuf-js client reads the result', async () => {
  const folder = scratchFolder('tuf-guide');
  const homes = { online: join(folder, 'online'), offline: join(folder, 'offline') };
  const [stick, served] = [scratchFolder('stick'), scratchFolder('served')];
  const token = await softHsm('vault');
  const secrets = scratchFolder('secrets');
  writeFileSync(join(secrets, 'pin'), token.pin, { mode: 0o600 });
  writeFileSync(join(secrets, 'pass'), 'a passphrase of the guide', { mode: 0o600 });
  mkdirSync(join(served, 'firmware'));
  const at = (file: string): string => join(stick, file);
  const count = await runBlocks(
    'tuf.md',
    homes,
    {
      ...{ STICK: stick, REPO: join(served, 'firmware'), MODULE: token.module.path, TOKEN: token.label },
      ...{ PIN_FILE: join(secrets, 'pin'), PASS: join(secrets, 'pass') },
      ...token.env,
    },
    async () => ({
      BUILD_CARD_DIGEST: await digestOf(at('build.card')),
      VAULT_CARD_DIGEST: await digestOf(at('vault.card')),
      FIRST_DIGEST: await digestOf(at('first.request.tar')),
      SECOND_DIGEST: await digestOf(at('second.request.tar')),
      SECOND_ACCEPT: await acceptsOf(homes.offline, at('second.request.tar')),
      BINS_DIGEST: await digestOf(at('bins.request.tar')),
      BINS_ACCEPT: await acceptsOf(homes.offline, at('bins.request.tar')),
      RELEASES_KEY: await keyOf(homes.offline, 'releases'),
    }),
  );
  expect(count).toBe(18);
  expect(readFileSync(join(served, 'firmware', 'metadata', '1.root.json')).length).toBeGreaterThan(0);
  const web = await serve(served);
  const names = ['app/1.4.2.bin', 'app/1.4.3.bin', 'tools/2.0.bin', 'app/other'];
  const seen = await seenByTufJs(served, web.url, 'firmware', names);
  web.stop();
  expect(Object.values(seen).map((one) => one?.split(' ')[1] ?? null)).toEqual([
    '1360',
    '1361',
    '1362',
    null,
  ]);
}, 300_000);
