import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cleanEnvironment, PROGRAM } from '../peers/program.ts';
import { scratchFolder } from '../peers/process.ts';
import { exportAll, hashOf, signAll, stations, withOnlineKeys } from '../peers/stations.ts';

/** The program with a second implementation that believes no ECDSA signature. */
function doubting(): string {
  const copy = scratchFolder('doubting');
  const root = dirname(dirname(PROGRAM));
  for (const folder of ['bin', 'dist']) cpSync(join(root, folder), join(copy, folder), { recursive: true });
  cpSync(join(root, 'package.json'), join(copy, 'package.json'));
  mkdirSync(join(copy, 'node_modules'));
  symlinkSync(join(root, 'node_modules/pkcs11js'), join(copy, 'node_modules/pkcs11js'));
  const never = '{ ...module.exports.p256, verify: () => false }';
  appendFileSync(
    join(copy, 'dist/noble-nist.js'),
    `\nmodule.exports = { ...module.exports, p256: ${never} };\n`,
  );
  return join(copy, 'bin/countersign');
}

describe('R11 S28 the second implementation has the last word', () => {
  // few are verified at once, more of them in threads
  test.each([1, 12])(
    'SIGNATURE-SECOND-CHECK of %i repositories: no answer is kept, recorded or written, and the next try signs',
    async (count) => {
      const pair = await stations();
      await withOnlineKeys(pair);
      const { online, offline, on, secrets, passphraseFile } = pair;
      const names = Array.from({ length: count }, (_, at) => `registry.example.com/doubt/app${String(at)}`);
      await online.ok('repository', 'add', ...names, '--directory', scratchFolder('published'));
      await online.ok('init', ...names);
      await exportAll(pair, 'first.request');
      await signAll(pair, 'first.request', 'first.response');
      await online.ok('publish', on('first.response'), '--passphrase-file', passphraseFile);
      const before = readdirSync(join(offline.home, 'responses'));

      for (const name of names) await online.ok('addhash', name, 'v1', '1', '--sha256', hashOf(1));
      const request = await exportAll(pair, 'a.request');
      const words = ['sign', on('a.request'), '-o', on('a.response'), ...secrets, '--approve', request];
      const { status, stdout } = spawnSync(process.execPath, [doubting(), ...words, '--json'], {
        env: cleanEnvironment({ home: offline.home }),
        encoding: 'utf8',
      });
      expect([status, JSON.parse(stdout)]).toMatchObject([3, { error: { check: 'SIGNATURE-SECOND-CHECK' } }]);
      expect(existsSync(on('a.response'))).toBe(false);
      expect(readdirSync(join(offline.home, 'responses'))).toEqual(before);
      const ledger = readFileSync(join(offline.home, 'ledger.jsonl'), 'utf8').trim().split('\n');
      const events = ledger.map((line) => (JSON.parse(line) as { event: string }).event);
      expect(events.filter((event) => event === 'sealed' || event === 'released')).toHaveLength(2);
      expect(events.at(-1)).toBe('refusal');
      await signAll(pair, 'a.request', 'a.response');
      expect(existsSync(on('a.response'))).toBe(true);
    },
  );
});
