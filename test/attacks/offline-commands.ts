import { join } from 'node:path';
import { scratchFolder } from '../peers/process.ts';
import { openTerminal, PROGRAM, type Finished } from '../peers/program.ts';
import { exportAll, hashOf, publish, signAll, station, type TestStations } from '../peers/stations.ts';

/** One command of the offline half, and what it needs to do its work. */
export interface OfflineCommand {
  readonly args: readonly string[];
  /** Another home than that of the offline station. */
  readonly home?: string;
  /** What is typed at a terminal when it asks; without it the command runs without a terminal. */
  readonly typed?: string;
}

/** Commands that an offline station does not have. */
export const ONLINE_ONLY = [
  ...['add', 'addhash', 'export', 'init', 'inspect', 'list', 'lookup', 'publish', 'remove'],
  ...['repository add', 'repository list', 'repository show', 'requests', 'reset', 'status'],
];

/**
 * Every command that an offline station has, in an order in which each can do its work. What they work on is made
 * here, so that they meet requests that nobody has answered.
 */
export async function offlineCommands(pair: TestStations): Promise<OfflineCommand[]> {
  const { online, offline, on, secrets, token } = pair;
  const repository = async (name: string): Promise<string> => {
    const gun = `registry.example.com/every/${name}`;
    await online.ok('repository', 'add', gun, '--directory', scratchFolder('published'));
    await online.ok('init', gun);
    return gun;
  };
  const signed = await repository('signed');
  await exportAll(pair, 'first.tar');
  await signAll(pair, 'first.tar', 'first.response.tar');
  await publish(pair, 'first.response.tar');
  await online.ok('addhash', signed, 'v1', '10', '--sha256', hashOf(1));
  const digest = await exportAll(pair, 'request.tar');
  await repository('declined');
  await exportAll(pair, 'declined.tar');

  const partner = await station('online', 'desk');
  const card = await partner.ok<{ digest: string }>('station', 'card', '-o', on('desk.card'));
  const { keys } = await offline.ok<{ keys: readonly { id: string }[] }>('key', 'list');
  const uri = token?.uri ?? '';
  const approved = ['--approve', digest];
  const anywhere: string[][] = [
    ['station', 'show'],
    ['station', 'card', '-o', on('vault.card')],
    ['station', 'pair', on('desk.card'), '--approve', card.digest],
    ['station', 'unpair', partner.name, '--approve', partner.name],
    ['token', 'allow', token?.module.path ?? ''],
    ['token', 'list'],
    ['token', 'show', uri],
    ['key', 'generate', 'root', '--token', `${uri};object=spare`, ...secrets],
    ['key', 'list'],
    ['key', 'export', keys[0]?.id ?? '', '-o', on('root.pem')],
    ['doctor'],
    ['log', 'show'],
    ['log', 'verify'],
    ['log', 'export', '-o', on('vault.ledger')],
    ['log', 'verify', on('vault.ledger')],
    ['bundle', 'digest', on('request.tar')],
    ['bundle', 'inspect', on('request.tar')],
    ['bundle', 'verify', on('request.tar')],
    ['review', on('request.tar')],
    ['sign', on('request.tar'), '-o', on('response.tar'), ...secrets, ...approved],
    ['refuse', on('declined.tar'), '-o', on('declined.response.tar'), '--reason', 'content'],
    ['resend', digest, '-o', on('again.tar')],
    ['log', 'verify', on('response.tar')],
  ];
  const home = join(scratchFolder('home-init'), 'home');
  return [
    { args: ['station', 'init', '--side', 'offline', '--name', 'spare'], home },
    ...anywhere.map((args) => ({ args })),
    { args: ['clock', 'reset', '2026-11-02T00:00:00Z'], typed: '2026-11-02T00:00:00Z' },
  ];
}

/** Runs such a command under another program, at a terminal if it asks there. */
export async function runOffline(
  { offline, token }: TestStations,
  { args, home = offline.home, typed }: OfflineCommand,
  under: readonly string[],
): Promise<Pick<Finished, 'code' | 'stdout' | 'stderr'>> {
  if (typed === undefined) return offline.run(args, { home, under });
  const terminal = openTerminal([...under, PROGRAM, ...args], { home, env: token?.env ?? {} });
  try {
    await terminal.waitFor(/type the [a-z ]+:/);
    terminal.send(`${typed}\n`);
    const screen = await terminal.waitFor(/\[exit \d+\]/);
    return { code: Number(/\[exit (\d+)\]/.exec(screen)?.[1]), stdout: screen, stderr: '' };
  } finally {
    terminal.close();
  }
}
