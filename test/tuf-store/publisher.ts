import { tufDirectoryStore } from '../../src/online/tuf-repository/directory-store.ts';
import { stateFiles } from './fixture.ts';

// Run as a program of its own, to be killed: publishes version after version from the one given. Each third root names
// another online key, and its timestamp is signed by the one before too.
const [folder = '', first = '1', last = '1000000', consistent = 'true'] = process.argv.slice(2);
const store = tufDirectoryStore(folder, 'app');
const keyOf = (version: number): string => `online-${String(Math.floor(version / 3))}`;
for (let version = Number(first); version <= Number(last); version++) {
  process.stdout.write(`${String(version)}\n`);
  const online = keyOf(version);
  const signedBy = [...new Set([online, keyOf(version - 1)])];
  const delegations = ['a', 'b/c'];
  await store.publish(
    stateFiles({ version, delegations, online, signedBy, consistent: consistent === 'true' }),
  );
}
