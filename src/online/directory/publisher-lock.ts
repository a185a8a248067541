import { spawn } from 'node:child_process';
import { unavailable } from '../../errors.ts';
import { withoutSecrets } from '../../signer/keyfile/passphrase-variables.ts';

/** Seconds to wait for another publisher of the same repository. */
const WAIT = 20;
/** Exit code of flock(1) for "somebody else holds it". */
const HELD = 75;

/**
 * Holds the lock file of a repository, across processes and containers, until the returned function is called or
 * this process is gone. The kernel keeps the lock (flock(2), which Node does not offer, held by flock(1)): there is
 * no stale lock to judge or to steal after a kill.
 *
 * @throws CountersignError DIRECTORY-LOCK (exit 6)
 */
export async function holdLock(file: string): Promise<() => Promise<void>> {
  const child = spawn(
    'flock',
    ['-x', '-w', String(WAIT), '-E', String(HELD), file, 'sh', '-c', 'echo held; exec cat >/dev/null'],
    { env: withoutSecrets(process.env), stdio: ['pipe', 'pipe', 'ignore'] },
  );
  // The holder reads until we close the pipe, or until we are gone and the kernel does.
  child.stdin.on('error', () => undefined);
  const gone = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const held = new Promise<null>((resolve) => {
    child.stdout.once('data', () => {
      resolve(null);
    });
  });
  let ended: number | null;
  try {
    ended = await Promise.race([held, gone.then((code) => code ?? -1)]);
  } catch (cause) {
    throw unavailable('DIRECTORY-LOCK', 'the program flock cannot be started', {
      where: file,
      hint: 'install util-linux',
      cause,
    });
  }
  if (ended !== null)
    throw unavailable(
      'DIRECTORY-LOCK',
      ended === HELD ? 'somebody else is publishing to the repository' : 'the repository cannot be locked',
      { found: `exit code ${String(ended)} of flock`, where: file, hint: 'run the command again' },
    );
  return async () => {
    child.stdin.end();
    await gone;
  };
}
