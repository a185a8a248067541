import { chownSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from './ports.ts';
import { run, runOk, scratchFolder, startDaemon } from './process.ts';

/** A PostgreSQL server of the tests' own, with a database for each name that was asked for. */
export interface PostgresPeer {
  /** Connection string of a database, for programs in Go. */
  url(database: string): string;
  /** Runs SQL in a database; gives the rows, columns separated by `|`. */
  sql(database: string, statements: string): Promise<string>;
  stop(): Promise<void>;
}

const VERSIONS = '/usr/lib/postgresql';
/** PostgreSQL does not run as root; its Debian package makes this user. */
const ACCOUNT = 'postgres';
const SUPERUSER = 'tests';

/** Folder with the programs of the newest PostgreSQL that is installed: Debian does not put them on the path. */
function programs(): string {
  const [newest] = readdirSync(VERSIONS).sort((a, b) => Number(b) - Number(a));
  return join(VERSIONS, newest ?? '', 'bin');
}

/** A command as it may run: not as root. It ends with whoever started it. */
function unprivileged(command: string, args: readonly string[]): [file: string, args: string[]] {
  if (process.getuid?.() !== 0) return [command, [...args]];
  const account = ['--reuid', ACCOUNT, '--regid', ACCOUNT, '--clear-groups', '--pdeathsig', 'KILL'];
  return ['setpriv', [...account, command, ...args]];
}

/** Starts a fresh cluster on 127.0.0.1 alone, which forgets what it cannot write at once: nobody restarts it. */
export async function startPostgres(databases: readonly string[]): Promise<PostgresPeer> {
  const bin = programs();
  const folder = scratchFolder('postgres');
  const [data, socket] = [join(folder, 'data'), join(folder, 'socket')];
  for (const made of [data, socket]) mkdirSync(made, { mode: 0o700 });
  if (process.getuid?.() === 0) {
    const number = async (flag: string): Promise<number> =>
      Number((await runOk('id', [flag, ACCOUNT])).stdout);
    const [user, group] = [await number('-u'), await number('-g')];
    for (const owned of [folder, data, socket]) chownSync(owned, user, group);
  }
  const options = ['-U', SUPERUSER, '-A', 'trust', '-E', 'UTF8', '--locale', 'C', '--no-sync'];
  await runOk(...unprivileged(join(bin, 'initdb'), ['-D', data, ...options]), { cwd: folder });
  const port = String(await freePort());
  const settings = [
    ...['listen_addresses=127.0.0.1', `unix_socket_directories=${socket}`, 'max_connections=50'],
    ...['fsync=off', 'synchronous_commit=off', 'full_page_writes=off', 'shared_buffers=32MB'],
  ];
  const [command, args] = unprivileged(join(bin, 'postgres'), [
    ...['-D', data, '-p', port],
    ...settings.flatMap((setting) => ['-c', setting]),
  ]);
  const client = (database: string): string[] => [
    ...['-h', '127.0.0.1', '-p', port, '-U', SUPERUSER, '-d', database, '-X', '-q', '-A', '-t'],
    ...['-v', 'ON_ERROR_STOP=1'],
  ];
  const psql = join(bin, 'psql');
  const daemon = await startDaemon({
    command,
    args,
    log: join(folder, 'postgres.log'),
    ready: async () => (await run(psql, [...client('postgres'), '-c', 'select 1'])).code === 0,
  });
  const sql = async (database: string, statements: string): Promise<string> =>
    (await runOk(psql, client(database), { input: statements })).stdout;
  for (const database of databases) await sql('postgres', `create database ${database};`);
  return {
    url: (database) => `postgres://${SUPERUSER}@127.0.0.1:${port}/${database}?sslmode=disable`,
    sql,
    stop: daemon.stop,
  };
}
