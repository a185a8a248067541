import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { runOk, scratchFolder } from '../peers/process.ts';
import { openTerminal, PROGRAM } from '../peers/program.ts';
import { softHsm } from '../peers/softhsm.ts';
import {
  exportAll,
  publish,
  signAll,
  station,
  stations,
  withOnlineKeys,
  type TestStation,
  type TestStations,
} from '../peers/stations.ts';

function secret(text: string): string {
  const file = join(scratchFolder('secret'), 'secret');
  writeFileSync(file, `${text}\n`, { mode: 0o600 });
  return file;
}

async function generate(at: TestStation, ...args: string[]): Promise<string> {
  return (await at.ok<{ id: string }>('key', 'generate', ...args)).id;
}

async function ids(at: TestStation): Promise<string[]> {
  return (await at.ok<{ keys: { id: string }[] }>('key', 'list')).keys.map(({ id }) => id);
}

/** Events of the ledger about keys, in order. */
function events(at: TestStation): string[] {
  return readFileSync(join(at.home, 'ledger.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { event: string }).event)
    .filter((event) => event.startsWith('key') || event === 'passphrase');
}

describe('key remove', () => {
  test('APPROVE-DIGEST, then a key file is gone, announced first; its label is free again', async () => {
    const offline = await station('offline', 'vault');
    const own = ['--passphrase-file', secret('own')];
    const id = await generate(offline, 'root', '--keyfile', '--label', 'spare', ...own);
    const other = await generate(offline, 'targets', '--keyfile', ...own);
    const wrong = await offline.run(['key', 'remove', id, '--approve', other, '--json']);
    expect(wrong.code).toBe(3);
    expect(wrong.json()).toMatchObject({ error: { check: 'APPROVE-DIGEST' } });
    expect(await ids(offline)).toEqual([id, other]);
    // no passphrase is needed to destroy
    const removed = await offline.ok('key', 'remove', id.slice(0, 8), '--approve', id);
    expect(removed).toEqual({ removed: id, role: 'root', repositories: [], destroyed: true });
    expect(await ids(offline)).toEqual([other]);
    expect(readdirSync(join(offline.home, 'keys'))).toHaveLength(1);
    expect(events(offline)).toEqual(['key-intent', 'key', 'key-intent', 'key', 'key-removal', 'key-removed']);
    const gone = await offline.run(['key', 'remove', id, '--approve', id, '--json']);
    expect(gone.json()).toMatchObject({ error: { check: 'KEY-UNKNOWN' } });
    await generate(offline, 'root', '--keyfile', '--label', 'spare', ...own);
    expect(await offline.ok('log', 'verify')).toBeTruthy();
  });

  test('at a terminal: what it serves, then two words of its ID', async () => {
    const offline = await station('offline', 'vault');
    const own = ['--passphrase-file', secret('own'), '--repository', 'registry.example.com/app'];
    const id = await generate(offline, 'targets', '--keyfile', ...own);
    const terminal = openTerminal([PROGRAM, 'key', 'remove', id], { home: offline.home });
    const screen = await terminal.waitFor(/type words/);
    expect(screen).toContain('registry.example.com/app');
    expect(screen).toContain('never sign for again');
    terminal.send('wrong words\n');
    await terminal.waitFor(/CONFIRM-MISMATCH/);
    terminal.close();
    expect(await ids(offline)).toEqual([id]);
  });

  test('in a token both objects go, and a token that is lost is forgotten', async () => {
    const token = await softHsm('vault');
    const { offline, secrets } = await stations({ token });
    const [first] = await ids(offline);
    const second = await generate(offline, 'root', '--token', `${token.uri};object=second`, ...secrets);
    await offline.ok('key', 'remove', second, '--approve', second, ...secrets);
    const { stdout } = await runOk(
      'pkcs11-tool',
      ['--module', token.module.path, '--login', '--pin', token.pin, '--list-objects'],
      { env: token.env },
    );
    expect(stdout).toContain('root');
    expect(stdout).not.toContain('second');
    const id = first ?? '';
    const { destroyed } = await offline.ok('key', 'remove', id, '--forget', '--approve', id);
    expect(destroyed).toBe(false);
    expect(await ids(offline)).toEqual([]);
  });
});

describe('a key that is needed', () => {
  const name = 'registry.example.com/needed/app';
  let both: TestStations;
  beforeAll(async () => {
    both = await stations();
    await withOnlineKeys(both);
    await both.online.ok('repository', 'add', name, '--directory', scratchFolder('published'));
    await both.online.ok('init', name);
    await exportAll(both, 'first.tar');
    await signAll(both, 'first.tar', 'first.response.tar');
    await publish(both, 'first.response.tar');
  });

  test('is shown with the repositories that it serves: root by its certificate, targets, snapshot', async () => {
    for (const at of [both.offline, both.online])
      for (const id of await ids(at)) {
        const wrong = await at.run(['key', 'remove', id, '--approve', id.replace(/^./, 'x'), '--json']);
        expect(wrong.json()).toMatchObject({ error: { check: 'APPROVE-DIGEST' } });
      }
    const id = (await ids(both.offline))[0] ?? '';
    const terminal = openTerminal([PROGRAM, 'key', 'remove', id], { home: both.offline.home });
    expect(await terminal.waitFor(/type words/)).toContain(name);
    terminal.close();
  });

  test('KEY-IN-USE: an outstanding request still needs the online keys', async () => {
    await both.online.ok('addhash', name, 'v1', '10', '--sha256', 'ab'.repeat(32));
    await exportAll(both, 'second.tar');
    const [id = ''] = await ids(both.online);
    const refused = await both.online.run(['key', 'remove', id, '--approve', id, '--json']);
    expect(refused.code).toBe(5);
    expect(refused.json()).toMatchObject({ error: { check: 'KEY-IN-USE' } });
    await signAll(both, 'second.tar', 'second.response.tar');
    await publish(both, 'second.response.tar');
    await both.online.ok('key', 'remove', id, '--approve', id);
  });
});

describe('key passwd', () => {
  test('the new passphrase signs, the old one does not', async () => {
    const offline = await station('offline', 'vault');
    const [before, after] = [secret('before'), secret('after')];
    const id = await generate(offline, 'root', '--keyfile', '--passphrase-file', before);
    await generate(offline, 'targets', '--keyfile', '--passphrase-file', before);
    const passwd = ['key', 'passwd', id, '--new-passphrase-file', after];
    const wrong = await offline.run([...passwd, '--passphrase-file', after, '--json']);
    expect(wrong.code).toBe(2);
    expect(wrong.json()).toMatchObject({ error: { check: 'PASSPHRASE-SAME' } });
    const bad = await offline.run([...passwd, '--passphrase-file', secret('bad'), '--json']);
    expect(bad.code).toBe(6);
    expect(bad.json()).toMatchObject({ error: { check: 'PASSPHRASE-INCORRECT' } });
    expect(await offline.ok(...passwd, '--passphrase-file', before)).toEqual({ id, files: 2 });
    expect(events(offline).at(-1)).toBe('passphrase');
    const again = await offline.run([...passwd, '--passphrase-file', before, '--json']);
    expect(again.json()).toMatchObject({ error: { check: 'PASSPHRASE-INCORRECT' } });
    expect(readdirSync(join(offline.home, 'keys')).every((file) => file.endsWith('.pem'))).toBe(true);
  });

  test('KEY-PLACE: a key in a token has no passphrase', async () => {
    const { offline } = await stations({ token: await softHsm('vault') });
    const [id = ''] = await ids(offline);
    const refused = await offline.run(['key', 'passwd', id, '--json']);
    expect(refused.code).toBe(2);
    expect(refused.json()).toMatchObject({ error: { check: 'KEY-PLACE' } });
  });
});
