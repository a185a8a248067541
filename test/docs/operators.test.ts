import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startNotaryServer, type NotaryServerPeer } from '../peers/notary-server.ts';
import { run as runProcess, scratchFolder } from '../peers/process.ts';
import { PROGRAM, run } from '../peers/program.ts';
import { softHsm } from '../peers/softhsm.ts';
import { stockNotary } from '../peers/stock-notary.ts';

const GUIDE = fileURLToPath(new URL('../../docs/operators.md', import.meta.url));

let server: NotaryServerPeer;
beforeAll(async () => {
  server = await startNotaryServer();
});
afterAll(() => server.stop());

interface Block {
  readonly side: string;
  readonly script: string;
}

/** Shell blocks of a document with the side that each belongs to, in order. */
function blocksOf(path: string): Block[] {
  const text = readFileSync(path, 'utf8');
  return [...text.matchAll(/^```sh (online|offline)\n([^]*?)^```$/gm)].map(([, side, script]) => ({
    side: side ?? '',
    script: script ?? '',
  }));
}

test('every command of the operators’ guide does what it says, in order', async () => {
  const blocks = blocksOf(GUIDE);
  expect(blocks.length).toBeGreaterThan(10);
  const folder = scratchFolder('guide');
  const bin = scratchFolder('bin');
  symlinkSync(PROGRAM, join(bin, 'countersign'));
  const token = await softHsm('vault');
  const pinFile = join(scratchFolder('pin'), 'pin');
  writeFileSync(pinFile, token.pin, { mode: 0o600 });
  const stick = scratchFolder('stick');
  const gun = `${server.host}/guide/app`;
  const variables: Record<string, string> = {
    PATH: `${bin}:${process.env['PATH'] ?? ''}`,
    STICK: stick,
    GUN: gun,
    SERVER: server.url,
    CA: server.ca,
    MODULE: token.module.path,
    TOKEN: token.label,
    PIN_FILE: pinFile,
    ...token.env,
  };
  const digestOf = async (file: string): Promise<string> => {
    const finished = await run(['bundle', 'digest', join(stick, file), '--json']);
    return finished.code === 0 ? (finished.json() as { digest: string }).digest : '';
  };
  const headOf = async (file: string): Promise<string> => {
    const finished = await run(['bundle', 'inspect', join(stick, file), '--json']);
    if (finished.code !== 0) return '';
    return (finished.json() as { manifest: { head: { hash: string } } }).manifest.head.hash;
  };
  const rootKeyId = async (): Promise<string> => {
    const finished = await run(['key', 'list', '--json'], { home: join(folder, 'offline') });
    if (finished.code !== 0) return '';
    return (
      (finished.json() as { keys: { id: string; role: string }[] }).keys.find(({ role }) => role === 'root')
        ?.id ?? ''
    );
  };
  for (const { side, script } of blocks) {
    variables['BUILD_CARD_DIGEST'] = await digestOf('build.card');
    variables['VAULT_CARD_DIGEST'] = await digestOf('vault-a.card');
    variables['REQUEST_DIGEST'] = await digestOf('first.request.tar');
    variables['HEAD_HASH'] = await headOf('second.response.tar');
    variables['ROOT_KEY_ID'] = await rootKeyId();
    const home = join(folder, side);
    const finished = await runProcess('bash', ['-euc', script], {
      cwd: folder,
      env: { ...variables, COUNTERSIGN_HOME: home },
    });
    expect(finished.code, `${side}:\n${script}\n${finished.stdout}${finished.stderr}`).toBe(0);
  }
  const listed = await stockNotary({ url: server.url, ca: server.ca }).list(gun);
  expect(listed.map(({ name }) => name)).toEqual(['1.4.2']);
}, 180_000);
