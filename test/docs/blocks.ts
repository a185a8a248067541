import { readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { run as runProcess, scratchFolder } from '../peers/process.ts';
import { PROGRAM, run } from '../peers/program.ts';

/** Runs the shell blocks of a page in their order, each with the home of its side. */
export async function runBlocks(
  page: string,
  homes: { readonly online: string; readonly offline: string },
  variables: Readonly<Record<string, string>>,
  before: () => Promise<Readonly<Record<string, string>>>,
): Promise<number> {
  const text = readFileSync(fileURLToPath(new URL(`../../docs/${page}`, import.meta.url)), 'utf8');
  const blocks = [...text.matchAll(/^```sh (online|offline)\n([^]*?)^```$/gm)];
  const bin = scratchFolder('bin');
  symlinkSync(PROGRAM, join(bin, 'countersign'));
  for (const [, side, script = ''] of blocks) {
    const home = side === 'online' ? homes.online : homes.offline;
    const finished = await runProcess('bash', ['-euc', script], {
      cwd: bin,
      env: {
        ...variables,
        ...(await before()),
        PATH: `${bin}:${process.env['PATH'] ?? ''}`,
        HOME: home,
        COUNTERSIGN_HOME: home,
      },
    });
    expect(finished.code, `${side ?? ''}:\n${script}\n${finished.stdout}${finished.stderr}`).toBe(0);
  }
  return blocks.length;
}

/** The digest of a bundle or card; empty where there is none yet. */
export async function digestOf(file: string): Promise<string> {
  const finished = await run(['bundle', 'digest', file, '--json']);
  return finished.code === 0 ? (finished.json() as { digest: string }).digest : '';
}

/** Flags that accept what an officer types for a request; empty where there is none yet. */
export async function acceptsOf(home: string, request: string): Promise<string> {
  const finished = await run(['review', request, '--json'], { home });
  if (finished.code !== 0) return '';
  const { anomalies } = finished.json() as { anomalies: { id: string; typed: boolean }[] };
  return anomalies.flatMap(({ id, typed }) => (typed ? ['--accept', id] : [])).join(' ');
}

/** Canonical ID of a station's first key of a role; empty where it has none. */
export async function keyOf(home: string, role: string): Promise<string> {
  const finished = await run(['key', 'list', '--json'], { home });
  if (finished.code !== 0) return '';
  const { keys } = finished.json() as { keys: { id: string; role: string }[] };
  return keys.find((key) => key.role === role)?.id ?? '';
}
