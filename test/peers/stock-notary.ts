import { run, runOk, scratchFolder } from './process.ts';
import type { Finished } from './process.ts';

/** One passphrase for every key class, as the stock client reads it from its environment. */
export const PASSPHRASE = 'correct horse battery';

export interface StockTarget {
  readonly name: string;
  readonly sha256: string;
  readonly length: number;
  readonly role: string;
}

export interface StockNotary {
  readonly trustDir: string;
  /** Runs any command of the stock client; never throws for its exit code. */
  run(args: readonly string[], options?: { readonly input?: string }): Promise<Finished>;
  /** `init -p GUN`, optionally with the snapshot key handed to the server. */
  init(gun: string, options?: { readonly serverSnapshot?: boolean }): Promise<void>;
  addhash(
    gun: string,
    name: string,
    length: number,
    sha256: string,
    roles?: readonly string[],
  ): Promise<void>;
  publish(gun: string): Promise<void>;
  list(gun: string): Promise<StockTarget[]>;
  /** Null if the client does not trust or find the name. */
  lookup(gun: string, name: string): Promise<StockTarget | null>;
}

export interface StockNotaryOptions {
  readonly url: string;
  /** CA file. */
  readonly ca: string;
  readonly trustDir?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** The unmodified `notary` client; by default with an empty trust folder: a fresh client. */
export function stockNotary(options: StockNotaryOptions): StockNotary {
  const trustDir = options.trustDir ?? scratchFolder('trust');
  const settings = {
    HOME: trustDir,
    NOTARY_ROOT_PASSPHRASE: PASSPHRASE,
    NOTARY_TARGETS_PASSPHRASE: PASSPHRASE,
    NOTARY_SNAPSHOT_PASSPHRASE: PASSPHRASE,
    NOTARY_DELEGATION_PASSPHRASE: PASSPHRASE,
    // Without it the client asks on its input wherever a server wants a token.
    NOTARY_AUTH: Buffer.from('nobody:nothing').toString('base64'),
    ...options.env,
  };
  const all = (args: readonly string[]): string[] => [
    ...['-s', options.url, '--tlscacert', options.ca, '-d', trustDir],
    ...args,
  ];
  const ok = async (...args: string[]): Promise<string> =>
    (await runOk('notary', all(args), { env: settings, cwd: trustDir })).stdout;
  return {
    trustDir,
    run: (args, { input } = {}) =>
      run('notary', all(args), { env: settings, cwd: trustDir, ...(input === undefined ? {} : { input }) }),
    async init(gun, { serverSnapshot = true } = {}) {
      await ok('init', '-p', gun);
      if (serverSnapshot) await ok('key', 'rotate', gun, 'snapshot', '-r');
    },
    async addhash(gun, name, length, sha256, roles = []) {
      await ok(
        'addhash',
        gun,
        name,
        String(length),
        '--sha256',
        sha256,
        ...roles.flatMap((role) => ['-r', role]),
      );
    },
    async publish(gun) {
      await ok('publish', gun);
    },
    async list(gun) {
      return table(await ok('list', gun));
    },
    async lookup(gun, name) {
      const finished = await run('notary', all(['lookup', '--', gun, name]), {
        env: settings,
        cwd: trustDir,
      });
      const found = /^(.*) sha256:([0-9a-f]{64}) ([0-9]+)$/m.exec(finished.stdout);
      if (finished.code !== 0 || found === null) return null;
      return { name, sha256: found[2] ?? '', length: Number(found[3]), role: '' };
    },
  };
}

/** Rows of `notary list`: NAME, DIGEST, SIZE, ROLE, in columns; names may hold single spaces. */
function table(text: string): StockTarget[] {
  const rows: StockTarget[] = [];
  for (const line of text.split('\n')) {
    const found = /^(.*?)\s+([0-9a-f]{64})\s+([0-9]+)\s+(targets\S*)\s*$/.exec(line);
    if (found !== null)
      rows.push({
        name: found[1] ?? '',
        sha256: found[2] ?? '',
        length: Number(found[3]),
        role: found[4] ?? '',
      });
  }
  return rows;
}
