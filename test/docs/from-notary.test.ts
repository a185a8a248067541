import { createHash } from 'node:crypto';
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startNotaryServer, type NotaryServerPeer } from '../peers/notary-server.ts';
import { run, runOk, scratchFolder } from '../peers/process.ts';
import { PROGRAM } from '../peers/program.ts';
import { softHsm } from '../peers/softhsm.ts';
import { hashOf, stations } from '../peers/stations.ts';
import { PASSPHRASE, stockNotary } from '../peers/stock-notary.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const page = readFileSync(`${root}docs/from-notary.md`, 'utf8');

let server: NotaryServerPeer;
beforeAll(async () => {
  server = await startNotaryServer();
});
afterAll(() => server.stop());

interface Described {
  readonly id: string;
  readonly flags: Readonly<Record<string, { readonly char?: string }>>;
}

test('each command that the page names, and each of its flags, is one of the program', () => {
  const commands = JSON.parse(readFileSync(`${root}dist/commands.json`, 'utf8')) as Described[];
  const lines = [...page.replaceAll('\\\n', ' ').matchAll(/^(countersign .*)$|`(countersign [^`]+)`/gm)];
  const named = lines.map(([, block, inline]) => (block ?? inline ?? '').trim());
  expect(named.length).toBeGreaterThan(50);
  for (const line of named) {
    const words = line.split(/\s+/).slice(1);
    const found = [3, 2, 1]
      .map((count) => words.slice(0, count).join(' '))
      .map((id) => commands.find((command) => command.id === id || command.id === id.replaceAll(' ', ':')))
      .find((command) => command !== undefined);
    expect(found, line).toBeDefined();
    const flags = Object.entries(found?.flags ?? {}).flatMap(([name, { char }]) => [
      `--${name}`,
      ...(char === undefined ? [] : [`-${char}`]),
    ]);
    const given = words.filter((word) => /^--?[a-z]/.test(word)).map((word) => word.replace(/[=:,].*$/, ''));
    for (const flag of given) expect(flags, line).toContain(flag);
  }
});

/** Subcommands that a program's help lists. */
async function listed(program: string, ...words: string[]): Promise<string[]> {
  const { stdout } = await runOk(program, [...words, '--help'], { env: { HOME: '/nonexistent' } });
  const part = /(?:Available|Management)? ?Commands:\n([^]*?)(?:\n\n(?!Commands)|\n?$)/gi;
  const names = [...stdout.matchAll(part)].flatMap(([, lines]) =>
    [...(lines ?? '').matchAll(/^ {2}([a-z]+)\*? /gm)].map(([, name]) => name ?? ''),
  );
  return names.filter((name) => !['help', 'completion', 'version'].includes(name));
}

test('each command of the notary and docker clients has its row', async () => {
  const rows = [...page.matchAll(/^\| `((?:notary|docker trust) [^`]+)`/gm)].map(
    ([, command]) => command ?? '',
  );
  const all: string[] = [];
  for (const name of await listed('notary')) {
    const below = ['key', 'delegation'].includes(name) ? await listed('notary', name) : [];
    all.push(...(below.length > 0 ? below.map((one) => `notary ${name} ${one}`) : [`notary ${name}`]));
  }
  for (const name of await listed('docker', 'trust')) {
    const below = ['key', 'signer'].includes(name) ? await listed('docker', 'trust', name) : [];
    const prefix = `docker trust ${name}`;
    all.push(...(below.length > 0 ? below.map((one) => `${prefix} ${one}`) : [prefix]));
  }
  expect(all.length).toBeGreaterThan(25);
  expect(all.filter((command) => !rows.some((row) => `${row} `.startsWith(`${command} `)))).toEqual([]);
});

test('moving in: the commands of the page take a stock repository to a root key in the HSM', async () => {
  const token = await softHsm('vault');
  const { online, offline, stick, pinFile } = await stations({ token, rootKey: false });
  const gun = `${server.host}/moving/in`;
  const stock = stockNotary({ url: server.url, ca: server.ca });
  await stock.init(gun, { serverSnapshot: false });
  await stock.addhash(gun, 'v1', 10, hashOf(1));
  await stock.publish(gun);
  const [bin, secrets] = [scratchFolder('bin'), scratchFolder('secrets')];
  symlinkSync(PROGRAM, join(bin, 'countersign'));
  for (const [name, text] of [
    ['old', PASSPHRASE],
    ['new', 'a passphrase of the vault'],
  ] as const)
    writeFileSync(join(secrets, name), text, { mode: 0o600 });
  const metadata = join(stock.trustDir, 'tuf', gun, 'metadata', 'root.json');
  const oldRoot = /root\s+([0-9a-f]{64})/.exec((await stock.run(['key', 'list'])).stdout)?.[1] ?? '';
  const variables: Record<string, string> = {
    PATH: `${bin}:${process.env['PATH'] ?? ''}`,
    ...{ GUN: gun, SERVER: server.url, CA: server.ca, STICK: stick, TRUST: stock.trustDir },
    ...{ OLD: join(secrets, 'old'), NEW: join(secrets, 'new'), PIN_FILE: pinFile ?? '', TOKEN: token.label },
    ROOT_SHA256: createHash('sha256').update(readFileSync(metadata)).digest('hex'),
    OLD_ROOT: oldRoot,
    ...token.env,
  };
  const digestOf = async (file: string): Promise<string> => {
    const finished = await online.run(['bundle', 'digest', join(stick, file), '--json']);
    return finished.code === 0 ? (finished.json() as { digest: string }).digest : '';
  };
  /** The ID of the server's key, which review shows and the officer types. */
  const serverKey = async (): Promise<string> => {
    const { stdout } = await offline.run(['review', join(stick, 'snapshot.request.tar'), '--json']);
    return /SERVER-KEY:[^"]*:([0-9a-f]{64})"/.exec(stdout)?.[1] ?? '';
  };
  const blocks = [...page.matchAll(/^```sh (online|offline)\n([^]*?)^```$/gm)];
  expect(blocks.length).toBe(11);
  for (const [, side, script] of blocks) {
    variables['ADOPT_DIGEST'] = await digestOf('adopt.request.tar');
    variables['SNAPSHOT_DIGEST'] = await digestOf('snapshot.request.tar');
    variables['SERVER_KEY'] ||= await serverKey();
    variables['ROTATE_DIGEST'] = await digestOf('rotate.request.tar');
    const { keys } = await offline.ok<{ keys: { id: string; grade: string }[] }>('key', 'list');
    variables['NEW_ROOT'] = keys.find(({ grade }) => grade === 'A')?.id ?? '';
    const home = side === 'online' ? online.home : offline.home;
    const finished = await run('bash', ['-euc', script ?? ''], {
      env: { ...variables, HOME: home, COUNTERSIGN_HOME: home },
    });
    expect(finished.code, `${side ?? ''}:\n${script ?? ''}\n${finished.stdout}${finished.stderr}`).toBe(0);
  }
  // a client that knew the old root follows, and so does a fresh one
  for (const client of [stock, stockNotary({ url: server.url, ca: server.ca })])
    expect((await client.list(gun)).map(({ name }) => name)).toEqual(['v1']);
});
