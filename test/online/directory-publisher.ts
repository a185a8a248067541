import { directoryStore } from '../../src/online/directory/repository.ts';
import { stateFiles } from './directory-fixture.ts';

// Run as a program of its own, to be killed: publishes version after version from the one given.
const [folder = '', repository = '', first = '1', last = '1000000'] = process.argv.slice(2);
const store = directoryStore(folder, repository);
for (let version = Number(first); version <= Number(last); version++) {
  process.stdout.write(`${String(version)}\n`);
  await store.publish(stateFiles(version, ['targets/releases', 'targets/team/sub']));
}
