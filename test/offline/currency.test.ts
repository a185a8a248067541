import { expect, test } from 'vitest';
import { publishedScene } from '../attacks/scene.ts';

interface Reviewed {
  readonly repositories: readonly { readonly currency: readonly object[] }[];
}

test('M12 review says whose word currency is, where the card of the online half proves that it holds the keys', async () => {
  const { online, offline, on, passphraseFile } = await publishedScene(1);
  const review = ['review', on('next.request.tar')] as const;
  // The card that is pinned is from before there were such keys.
  expect((await offline.ok<Reviewed>(...review)).repositories[0]?.currency).toEqual([]);
  const card = on('keys.card');
  const { digest, keys } = await online.ok<{ digest: string; keys: { role: string }[] }>(
    ...['station', 'card', '-o', card, '--passphrase-file', passphraseFile],
  );
  expect(keys.map(({ role }) => role).sort()).toEqual(['snapshot', 'timestamp']);
  await offline.ok('station', 'pair', card, '--approve', digest);
  const [repository] = (await offline.ok<Reviewed>(...review)).repositories;
  expect(repository?.currency).toEqual([{ holder: 'build', roles: ['snapshot', 'timestamp'] }]);
  const { stdout } = await offline.run(review);
  expect(stdout).toContain('  currency: word of build only (it holds the keys of snapshot and timestamp)\n');
}, 60_000);
