import { mkdirSync, lstatSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createDurably, removeDurably, replaceDurably } from '../../src/station/files/durable.ts';
import { readChain } from '../../src/station/ledger/ledger-chain.ts';
import { removeLeftovers } from '../../src/station/files/leftovers.ts';
import { scratchFolder } from '../peers/process.ts';
import { endOf, inHome, newHome } from './homes.ts';
import { killAtRandom } from './probe.ts';

const content = (number: string): string => `${number}\n`.repeat(20_000);

describe('files of the home', () => {
  test('are their user’s alone, in folders that are made where they are missing', () => {
    const folder = scratchFolder('durable');
    const path = join(folder, 'archive', 'file');
    createDurably(path, Buffer.from('first'));
    expect([lstatSync(path).mode & 0o777, lstatSync(join(folder, 'archive')).mode & 0o777]).toEqual([
      0o600, 0o700,
    ]);
    expect(readdirSync(join(folder, 'archive'))).toEqual(['file']);
  });

  test('R14 creating never replaces, replacing does, and what is removed once is removed', () => {
    const path = join(scratchFolder('durable'), 'file');
    createDurably(path, Buffer.from('first'));
    createDurably(path, Buffer.from('second'));
    expect(readFileSync(path, 'utf8')).toBe('first');
    replaceDurably(path, Buffer.from('third'));
    expect(readFileSync(path, 'utf8')).toBe('third');
    removeDurably(path);
    removeDurably(path);
    expect(readdirSync(join(path, '..'))).toEqual([]);
  });

  test('HOME-WRITE a place that cannot be written leaves nothing behind', async () => {
    const folder = scratchFolder('durable');
    writeFileSync(join(folder, 'file'), '');
    mkdirSync(join(folder, 'folder', 'full'), { recursive: true });
    expect(await endOf(() => createDurably(join(folder, 'file', 'inner'), Buffer.from('x')))).toBe(
      'HOME-WRITE 6',
    );
    expect(await endOf(() => replaceDurably(join(folder, 'folder'), Buffer.from('x')))).toBe('HOME-WRITE 6');
    expect(readdirSync(folder).sort()).toEqual(['file', 'folder']);
  });
});

describe('R14 kill -9 at random instants', () => {
  test('35 times while a file is replaced: it is whole, and not older than what was said', async () => {
    for (let round = 0; round < 35; round++) {
      const folder = scratchFolder('replace');
      const said = await killAtRandom(60, 'replace', join(folder, 'file'));
      const found = readFileSync(join(folder, 'file'), 'utf8').split('\n')[0] ?? '';
      expect(readFileSync(join(folder, 'file'), 'utf8')).toBe(content(found));
      expect([0, 1]).toContain(Number(found) - Number(said.at(-1)));
      removeLeftovers(folder);
      expect(readdirSync(folder)).toEqual(['file']);
    }
  });

  test('25 times while files are created: those with a name are whole, and all that were said are there', async () => {
    for (let round = 0; round < 25; round++) {
      const folder = scratchFolder('create');
      const said = await killAtRandom(60, 'create', folder);
      removeLeftovers(folder);
      const names = readdirSync(folder);
      for (const name of names) expect(readFileSync(join(folder, name), 'utf8')).toBe(content(name));
      expect([0, 1]).toContain(names.length - said.length);
    }
  });

  test('R13 25 times while a ledger is written: what was said is recorded, and the next command opens it', async () => {
    for (let round = 0; round < 25; round++) {
      const dir = await newHome('vault');
      const said = await killAtRandom(60, 'append', dir);
      const head = JSON.parse(said.at(-1) ?? '') as { line: number; hash: string };
      await inHome(dir, ({ ledger }) => {
        expect(ledger.hashOfLine(head.line)).toBe(head.hash);
        ledger.append([{ event: 'test', data: {} }]);
      });
      const { torn, lines } = readChain(readFileSync(join(dir, 'ledger.jsonl')));
      expect(torn).toHaveLength(0);
      expect(lines.at(-1)?.event).toBe('test');
      expect(readdirSync(dir).filter((name) => /\.part$|^lock$|takeover/.test(name))).toEqual([]);
    }
  });
});
