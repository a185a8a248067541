import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ResponseManifest } from '../../src/bundle/manifest.ts';
import { forge, stolenKey } from '../peers/forge.ts';
import { runOk, scratchFolder } from '../peers/process.ts';
import { openTerminal, PROGRAM, type Finished } from '../peers/program.ts';
import {
  exportAll,
  hashOf,
  publish,
  signAll,
  station,
  type TestStation,
  type TestStations,
} from '../peers/stations.ts';
import { refusalOf } from './refusal.ts';
import { copyOf, stationAt } from './scene.ts';

/** One command of the offline half, and what it needs to do its work. */
export interface OfflineCommand {
  readonly args: readonly string[];
  /** Another home than that of the offline station. */
  readonly home?: string;
  /** What is typed at a terminal when it asks; without it the command runs without a terminal. */
  readonly typed?: string;
}

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
  // a backup that does not know of the answer
  const restored = copyOf(offline.home);
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
  const keyfile = ['--passphrase-file', pair.passphraseFile];
  const other = ['--role', 'targets', '--repository', 'registry.example.com/every/other'];
  const [pemFile, secondPem] = [privateKeyFile(), privateKeyFile()];
  const { imported } = await offline.ok<{ imported: readonly { id: string }[] }>(
    ...['key', 'import', pemFile, ...other, '--label', 'first import', ...keyfile],
  );
  const fresh = join(scratchFolder('secrets'), 'fresh');
  writeFileSync(fresh, 'another passphrase of the tests\n', { mode: 0o600 });
  const inToken = `${uri};object=foreign`;
  await generateElsewhere(pair, 'foreign');
  const enrol = ['key', 'enrol', inToken, '--label', 'foreign', ...secrets];
  await answerOfAnother(pair, 'first.response.tar', 'second.response.tar');
  const recover = ['station', 'recover', on('first.response.tar')];
  const approved = ['--approve', digest];
  const anywhere: string[][] = [
    ['station', 'show'],
    ['station', 'card', '-o', on('vault.card'), ...secrets, ...keyfile],
    ['station', 'pair', on('desk.card'), '--approve', card.digest],
    ['station', 'unpair', partner.name, '--approve', partner.name],
    ['token', 'allow', token?.module.path ?? ''],
    ['token', 'list'],
    ['token', 'show', uri],
    ['key', 'generate', 'root', '--token', `${uri};object=spare`, ...secrets],
    [...enrol, '--approve', await expectedBy(offline, enrol)],
    ['key', 'import', secondPem, ...other, '--label', 'second import', ...keyfile],
    ['key', 'passwd', imported[0]?.id ?? '', ...keyfile, '--new-passphrase-file', fresh],
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
    ['policy', 'show'],
    ['policy', 'set', 'targets/spare', '--usual', '30d', '--most', '45d'],
    ['request', 'payload', on('request.tar'), 'targets', '-o', on('targets.json')],
    ['sign', on('request.tar'), '-o', on('response.tar'), ...secrets, ...approved],
    ['refuse', on('declined.tar'), '-o', on('declined.response.tar'), '--reason', 'content'],
    ['resend', digest, '-o', on('again.tar')],
    ['combine', on('first.response.tar'), on('second.response.tar'), '-o', on('combined.tar')],
    ['log', 'verify', on('response.tar')],
    ['key', 'remove', imported[0]?.id ?? '', '--approve', imported[0]?.id ?? ''],
  ];
  const home = join(scratchFolder('home-init'), 'home');
  return [
    { args: ['station', 'init', '--side', 'offline', '--name', 'spare'], home },
    ...anywhere.map((args) => ({ args })),
    {
      args: [...recover, '--approve', await expectedBy(stationAt(restored, 'vault'), recover)],
      home: restored,
    },
    { args: ['clock', 'reset', '2026-11-02T00:00:00Z'], typed: '2026-11-02T00:00:00Z' },
  ];
}

/** What has to be approved, as the refusal of another digest says. */
async function expectedBy(at: TestStation, args: readonly string[]): Promise<string> {
  return refusalOf(await at.run([...args, '--approve', hashOf(0), '--json'])).expected ?? '';
}

/** The same answer from another offline station, paired here: combine does not judge what is in it. */
async function answerOfAnother({ offline, on }: TestStations, from: string, to: string): Promise<void> {
  const second = await station('offline', 'second');
  const card = on('second.card');
  const { digest } = await second.ok<{ digest: string }>('station', 'card', '-o', card);
  await offline.ok('station', 'pair', card, '--approve', digest);
  await forge<ResponseManifest>(on(from), on(to), stolenKey(second.home), (m) => {
    m.from.name = second.name;
  });
}

/** A private key that another program made. */
function privateKeyFile(): string {
  const file = join(scratchFolder('foreign-key'), 'key.pem');
  const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  writeFileSync(file, key.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  return file;
}

/** A key pair in the token that this program did not make. */
async function generateElsewhere({ token }: TestStations, label: string): Promise<void> {
  if (!token) return;
  await runOk(
    'pkcs11-tool',
    [
      ...['--module', token.module.path, '--token-label', token.label, '--login', '--pin', token.pin],
      ...['--keypairgen', '--key-type', 'EC:prime256v1', '--id', 'f0', '--label', label, '--sensitive'],
    ],
    { env: token.env },
  );
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
