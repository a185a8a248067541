import { generateKeyPairSync } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { scratchFolder } from '../peers/process.ts';
import { softHsm } from '../peers/softhsm.ts';
import { exportAll, signAll, stations, type TestStation } from '../peers/stations.ts';

/** A passphrase that occurs nowhere by chance. */
const CANARY = 'canary-passphrase-08f3a1';
const VARIABLES = Object.fromEntries(
  [
    'DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE',
    'DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE',
    'NOTARY_ROOT_PASSPHRASE',
    'NOTARY_TARGETS_PASSPHRASE',
    'NOTARY_SNAPSHOT_PASSPHRASE',
    'NOTARY_DELEGATION_PASSPHRASE',
  ].map((name) => [name, CANARY]),
);
const GUN = 'registry.example.com/attack/passphrases';

/** Runs a command with the variables set, and gives what its children were started with. */
async function childrenOf(at: TestStation, args: readonly string[]): Promise<string[]> {
  const trace = join(scratchFolder('trace'), 'trace');
  const under = ['strace', '-f', '-v', '-s', '65536', '-e', 'trace=execve', '-o', trace];
  const finished = await at.run(args, { under, env: VARIABLES });
  expect(finished.code, `${args.join(' ')}: ${finished.stderr}${finished.stdout}`).toBe(0);
  expect(finished.stdout + finished.stderr).not.toContain(CANARY);
  const lines = readFileSync(trace, 'utf8').split('\n');
  const [program] = (lines[0] ?? '').split(' ');
  // the test can find what it looks for: the program itself was started with the variables
  expect(lines[0]).toContain(CANARY);
  return lines.filter((line) => line.includes('execve(') && !line.startsWith(`${program ?? ''} `));
}

function filesWith(folders: readonly string[]): string[] {
  return folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((file) => readFileSync(file).includes(CANARY)),
  );
}

test("S22 passphrases from Docker's and Notary's variables reach no child, no output and no file", async () => {
  const token = await softHsm('vault');
  const both = await stations({ token, rootKey: false });
  const { online, offline, secrets, on, stick } = both;
  const file = join(scratchFolder('key'), 'root.pem');
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const encrypted = { format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: CANARY } as const;
  writeFileSync(file, privateKey.export(encrypted), { mode: 0o600 });

  const imported = ['key', 'import', file, '--role', 'root', '--token', token.uri, ...secrets];
  const children = await childrenOf(offline, imported);
  expect(children.length).toBeGreaterThan(0);
  for (const role of ['snapshot', 'timestamp'])
    children.push(...(await childrenOf(online, ['key', 'generate', role, '--keyfile'])));

  await online.ok('repository', 'add', GUN, '--directory', scratchFolder('published'));
  await online.ok('init', GUN);
  await exportAll(both, 'first.tar');
  await signAll(both, 'first.tar', 'first.response.tar');
  // flock(1) holds the folder while it is published
  const published = await childrenOf(online, ['publish', on('first.response.tar')]);
  expect(published.length).toBeGreaterThan(0);
  children.push(...published);

  expect(children.filter((line) => line.includes(CANARY))).toEqual([]);
  expect(filesWith([offline.home, online.home, stick])).toEqual([]);
});

test('R12 S22 a PIN is never taken from these variables', async () => {
  const token = await softHsm('vault', CANARY);
  const { offline } = await stations({ token, rootKey: false });
  const args = ['key', 'generate', 'root', '--token', `${token.uri};object=root`, '--json'];
  const finished = await offline.run(args, { env: VARIABLES });
  expect(finished.code).toBe(6);
  expect(finished.json()).toMatchObject({ error: { check: 'CONFIRM-TERMINAL' } });
});
