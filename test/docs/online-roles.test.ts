import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { servedRepository } from '../online-roles/fixture.ts';
import { run, scratchFolder } from '../peers/process.ts';
import { PROGRAM } from '../peers/program.ts';

const page = readFileSync(fileURLToPath(new URL('../../docs/online-roles.md', import.meta.url)), 'utf8');

test('every command of the page about online roles does what it says', async () => {
  const { pair, client, stop } = await servedRepository();
  const bin = scratchFolder('bin');
  symlinkSync(PROGRAM, join(bin, 'countersign'));
  const file = join(scratchFolder('file'), 'installer.bin');
  writeFileSync(file, 'an installer');
  const blocks = [...page.matchAll(/^```sh (online|offline)\n([^]*?)^```$/gm)];
  expect(blocks).toHaveLength(5);
  for (const [, side, script] of blocks) {
    const { home } = side === 'online' ? pair.online : pair.offline;
    const env = {
      PATH: `${bin}:${process.env['PATH'] ?? ''}`,
      ...{ HOME: home, COUNTERSIGN_HOME: home, FILE: file, PASSPHRASE: pair.passphraseFile },
    };
    const finished = await run('bash', ['-euc', script ?? ''], { env });
    expect(finished.code, `${script ?? ''}\n${finished.stdout}${finished.stderr}`).toBe(0);
  }
  await client()();
  // what timer and cron run is the command that was run above
  const lines = [...page.matchAll(/countersign refresh --online --passphrase-file (?:\/etc|"\$P)/g)];
  expect(lines).toHaveLength(3);
  await stop();
}, 60_000);
