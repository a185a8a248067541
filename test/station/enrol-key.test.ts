import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { expectRefusal } from '../attacks/refusal.ts';
import { homeState } from '../peers/forge.ts';
import { openTerminal, PROGRAM } from '../peers/program.ts';
import { runOk, scratchFolder } from '../peers/process.ts';
import { softHsm, type SoftHsm } from '../peers/softhsm.ts';
import {
  exportAll,
  hashOf,
  pair,
  publish,
  signAll,
  station,
  stations,
  withOnlineKeys,
  type TestStation,
  type TestStations,
} from '../peers/stations.ts';
import { digestWords } from '../../src/encoding/words.ts';

let token: SoftHsm;
let scene: TestStations;
/** ID of the root key that the lost machine made. */
let rootId: string;
beforeAll(async () => {
  token = await softHsm('vault');
  scene = await stations({ token });
  const { keys } = await scene.offline.ok<{ keys: { id: string }[] }>('key', 'list');
  rootId = keys[0]?.id ?? '';
});

/** A new machine for the same token. */
async function replacement(name: string): Promise<TestStation> {
  const made = await station('offline', name, token.env);
  await made.ok('token', 'allow', token.module.path);
  return made;
}

const enrol = (object = 'root'): string[] => ['key', 'enrol', `${token.uri};object=${object}`];

describe('key enrol (M9)', () => {
  test('a surviving token: key, grade, probe, ID; recorded as enrolled; it signs for the repository again', async () => {
    await withOnlineKeys(scene);
    const gun = 'registry.example.com/enrol/app';
    await scene.online.ok('repository', 'add', gun, '--directory', scratchFolder('published'));
    await scene.online.ok('init', gun);
    await exportAll(scene, 'first.request.tar');
    await signAll(scene, 'first.request.tar', 'first.response.tar');
    await publish(scene, 'first.response.tar');

    const young = await replacement('vault-b');
    await pair(scene.online, young, scene.stick, ['--passphrase-file', scene.passphraseFile]);
    await scene.online.ok('station', 'unpair', 'vault', '--approve', 'vault');
    const enrolled = await young.ok(...enrol(), ...scene.secrets, '--approve', rootId);
    expect(enrolled).toMatchObject({
      id: rootId,
      role: 'root',
      repository: null,
      algorithm: 'ecdsa-p256',
      grade: 'A',
    });
    expect(homeState(young.home).ledger.at(-1)).toMatchObject({
      event: 'key',
      data: { id: rootId, label: 'root', origin: 'enrolled' },
    });
    const { keys } = await scene.offline.ok<{ keys: { id: string; role: string }[] }>('key', 'list');
    const targets = keys.find(({ role }) => role === 'targets')?.id ?? '';
    const targetsUri = enrol(encodeURIComponent(`targets ${gun}`));
    const bound = [...targetsUri, '--role', 'targets', '--repository', gun];
    expect(await young.ok(...bound, ...scene.secrets, '--approve', targets)).toMatchObject({
      id: targets,
      repository: `notary:${gun}`,
    });
    await scene.online.ok('addhash', gun, 'v1', '100', '--sha256', hashOf(1));
    const renewed = { ...scene, offline: young };
    await exportAll(renewed, 'second.request.tar');
    await signAll(renewed, 'second.request.tar', 'second.response.tar');
    await publish(renewed, 'second.response.tar');
    // what it has enrolled it can put on its card
    const made = await young.ok<{ keys: object[] }>(
      'station',
      'card',
      '-o',
      scene.on('young.card'),
      ...scene.secrets,
    );
    expect(made.keys).toHaveLength(2);
  });

  test('KEY-KNOWN a key is registered once, and a PIN is not asked for to say so', async () => {
    await expectRefusal(scene.offline, enrol(), 'KEY-KNOWN', { exit: 2 });
    const young = await replacement('vault-c');
    await young.ok(...enrol(), ...scene.secrets, '--approve', rootId);
    await expectRefusal(young, [...enrol(), '--label', 'other'], 'KEY-KNOWN', { exit: 2 });
  });

  test('APPROVE-DIGEST, CONFIRM-TERMINAL: another key than the paper says, or nobody there, registers nothing', async () => {
    const young = await replacement('vault-d');
    await expectRefusal(young, [...enrol(), ...scene.secrets, '--approve', hashOf(1)], 'APPROVE-DIGEST');
    await expectRefusal(young, [...enrol(), ...scene.secrets], 'CONFIRM-TERMINAL', { exit: 6 });
    expect(homeState(young.home).ledger.map(({ event }) => event)).toEqual([
      'genesis',
      'token-allowed',
      'refusal',
    ]);
  });

  test('KEY-ROLE, KEY-LABEL, TOKEN-URI, TOKEN-KEY: what cannot be meant', async () => {
    const young = await replacement('vault-e');
    const approve = [...scene.secrets, '--approve', rootId];
    await expectRefusal(young, [...enrol(), '--role', 'timestamp', ...approve], 'KEY-ROLE', { exit: 2 });
    await expectRefusal(young, ['key', 'enrol', token.uri, ...approve], 'TOKEN-URI', { exit: 2 });
    await expectRefusal(young, [...enrol('nothing'), ...approve], 'TOKEN-KEY', { exit: 6 });
    await young.ok(
      'key',
      'generate',
      'root',
      '--keyfile',
      '--label',
      'root',
      '--passphrase-file',
      scene.passphraseFile,
    );
    await expectRefusal(young, [...enrol(), ...approve], 'KEY-LABEL', { exit: 2 });
    await young.ok(...enrol(), '--label', 'old root', ...approve);
    const online = await station('online', 'build-e', token.env);
    await online.ok('token', 'allow', token.module.path);
    await expectRefusal(online, [...enrol(), ...approve], 'KEY-ROLE', { exit: 2 });
    expect(await online.ok(...enrol(), '--role', 'targets/releases', ...approve)).toMatchObject({
      role: 'targets/releases',
    });
  });

  test('KEY-GRADE a key that can be taken out of the token is refused', async () => {
    await runOk(
      'pkcs11-tool',
      [
        ...['--module', token.module.path, '--token-label', token.label, '--login', '--pin', token.pin],
        ...[
          '--keypairgen',
          '--key-type',
          'EC:prime256v1',
          '--label',
          'loose',
          '--id',
          '0a0b',
          '--extractable',
        ],
      ],
      { env: token.env },
    );
    const young = await replacement('vault-f');
    await expectRefusal(young, [...enrol('loose'), ...scene.secrets, '--approve', hashOf(3)], 'KEY-GRADE');
  });

  test('R8 at a terminal two words of the ID are typed, as the paper reads', async () => {
    const young = await replacement('vault-g');
    const pin = join(scratchFolder('pin'), 'pin');
    writeFileSync(pin, token.pin, { mode: 0o600 });
    const terminal = openTerminal([PROGRAM, ...enrol(), '--pin-file', pin], {
      home: young.home,
      env: token.env,
    });
    try {
      const seen = await terminal.waitFor(/type words (\d+) and (\d+) as the paper reads:/);
      const [, first, second] = /type words (\d+) and (\d+) as/.exec(seen) ?? [];
      const words = digestWords(rootId);
      terminal.send(`${words[Number(first) - 1] ?? ''} ${words[Number(second) - 1] ?? ''}\n`);
      await terminal.waitFor(/\[exit 0\]/);
    } finally {
      terminal.close();
    }
    expect(homeState(young.home).ledger.at(-1)).toMatchObject({ event: 'key', data: { id: rootId } });
  });
});
