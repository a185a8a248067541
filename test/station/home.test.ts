import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { verifySeal } from '../../src/bundle/seal.ts';
import { initHome, openHome, requireSide } from '../../src/station/home/home.ts';
import { scratchFolder } from '../peers/process.ts';
import { run } from '../peers/program.ts';
import { endOf, errorOf, inHome, newHome } from './homes.ts';
import { killFromStart } from './probe.ts';

const VAULT = { name: 'vault', side: 'offline', environment: 'production' } as const;
const open = (dir: string, write = false) => openHome(dir, { write });

describe('a home is made once', () => {
  test('S26 its first line says what it is, and everything in it is its user’s alone', async () => {
    const dir = await newHome('vault', 'offline', 'rehearsal');
    const home = await open(dir);
    expect(home).toMatchObject({ name: 'vault', side: 'offline', environment: 'rehearsal', dir });
    expect(home.ledger.lines()).toMatchObject([
      { line: 1, event: 'genesis', data: { side: 'offline', environment: 'rehearsal', key: home.identity } },
    ]);
    home.close();
    expect(readdirSync(dir).sort()).toEqual([
      'inbox',
      'keys',
      'ledger.jsonl',
      'station.json',
      'transport.key',
    ]);
    for (const name of ['.', ...readdirSync(dir)]) {
      const { mode } = lstatSync(join(dir, name));
      expect([name, mode & 0o777]).toEqual([name, /[./]$|inbox|keys/.test(name) ? 0o700 : 0o600]);
    }
  });

  test('M15 what it seals verifies as that kind, and as no other', async () => {
    const home = await open(await newHome('vault'));
    const body = Buffer.from('body');
    const seal = { publicKey: home.publicKey, signature: home.seal('card', body) };
    await verifySeal('card', body, seal);
    expect(await endOf(() => verifySeal('request', body, seal))).toBe('SEAL-SIGNATURE 3');
    home.close();
  });

  test('HOME-EXISTS a second station in the same home changes nothing', async () => {
    const dir = await newHome('vault');
    const before = readdirSync(dir).map((name) => [name, lstatSync(join(dir, name)).mtimeMs]);
    expect(await endOf(() => initHome(dir, { ...VAULT, side: 'online' }))).toBe('HOME-EXISTS 2');
    expect(readdirSync(dir).map((name) => [name, lstatSync(join(dir, name)).mtimeMs])).toEqual(before);
  });

  test.each(['', 'A', 'a b', '-a', 'a/b', '../a', 'a\n', 'ä', 'a'.repeat(41)])(
    'HOME-NAME %j is no name',
    async (name) => {
      const dir = join(scratchFolder('home'), 'home');
      expect(await endOf(() => initHome(dir, { ...VAULT, name }))).toBe('HOME-NAME 2');
      expect(await endOf(() => open(dir))).toBe('HOME-NONE 2');
    },
  );

  test('HOME-NONE names the command that makes one', async () => {
    const error = await errorOf(() => open(scratchFolder('home')));
    expect(error).toMatchObject({ check: 'HOME-NONE', exit: 2 });
    expect(error.hint).toContain('station init');
  });

  test('R14 killed 15 times while it is made: there is none or a whole one, and the command can be run again', async () => {
    for (let round = 0; round < 15; round++) {
      const dir = join(scratchFolder('home'), 'home');
      const said = await killFromStart(400, 'init', dir);
      const again = await endOf(async () => {
        await initHome(dir, VAULT);
        throw await errorOf(() => initHome(dir, VAULT));
      });
      expect(again).toBe('HOME-EXISTS 2');
      expect(said.length).toBeLessThanOrEqual(1);
      await inHome(dir, ({ ledger, name }) => {
        expect([name, ledger.head().line]).toEqual(['vault', 1]);
      });
      expect(readdirSync(dir).filter((name) => name.startsWith('.'))).toEqual([]);
    }
  });
});

describe('R17 an interrupted init is begun anew', () => {
  test('half a key, half a ledger and what a killed process was writing go; what a running one writes stays', async () => {
    const dir = join(scratchFolder('home'), 'home');
    mkdirSync(join(dir, 'inbox'), { recursive: true, mode: 0o700 });
    const [dead, running] = [`.4194303-1.5.part`, `.${String(process.pid)}-1.5.part`];
    const halves = [
      'transport.key',
      'ledger.jsonl',
      dead,
      running,
      join('inbox', dead),
      join('inbox', running),
    ];
    for (const name of halves) writeFileSync(join(dir, name), 'half');
    await initHome(dir, VAULT);
    await inHome(dir, ({ name, ledger }) => {
      expect([name, ledger.head().line]).toEqual(['vault', 1]);
    });
    for (const folder of [dir, join(dir, 'inbox')])
      expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([running]);
  });
});

describe('HOME-MODE: only this user can enter', () => {
  test.each([0o755, 0o750, 0o770, 0o701, 0o705, 0o710, 0o704, 0o777])(
    'mode %o is refused for reading and writing',
    async (mode) => {
      const dir = await newHome('vault');
      chmodSync(dir, mode);
      for (const write of [false, true]) {
        const error = await errorOf(() => open(dir, write));
        expect(error).toMatchObject({ check: 'HOME-MODE', exit: 3, where: dir });
        expect(error.hint).toContain('chmod 700');
      }
      chmodSync(dir, 0o700);
      (await open(dir, true)).close();
    },
  );

  test.each(['', '/', '/.'])('a link with %j behind it is refused', async (end) => {
    const dir = await newHome('vault');
    const link = join(scratchFolder('home'), 'link');
    symlinkSync(dir, link);
    for (const write of [false, true])
      expect(await endOf(() => open(`${link}${end}`, write))).toBe('HOME-MODE 3');
    const empty = join(scratchFolder('home'), 'link');
    symlinkSync(scratchFolder('home'), empty);
    expect(await endOf(() => initHome(`${empty}${end}`, VAULT))).toBe('HOME-MODE 3');
  });

  test('a folder of somebody else is refused', async () => {
    const dir = await newHome('vault');
    // whoever runs the tests without being root cannot give a folder away, but "/" is not theirs
    if (process.geteuid?.() === 0) chownSync(dir, 65_534, 65_534);
    const foreign = process.geteuid?.() === 0 ? dir : '/';
    expect(await endOf(() => initHome(foreign, VAULT))).toBe('HOME-MODE 3');
  });

  test('a folder that lets others in is not made a home', async () => {
    const dir = scratchFolder('home');
    chmodSync(dir, 0o755);
    expect(await endOf(() => initHome(dir, VAULT))).toBe('HOME-MODE 3');
    expect(readdirSync(dir)).toEqual([]);
  });
});

describe('HOME-DAMAGED: the parts belong together', () => {
  test.each<[string, (dir: string, other: string) => void]>([
    ['no key', (dir) => rmSync(join(dir, 'transport.key'))],
    ['no ledger', (dir) => rmSync(join(dir, 'ledger.jsonl'))],
    ['an empty ledger', (dir) => writeFileSync(join(dir, 'ledger.jsonl'), '')],
    [
      'a folder as ledger',
      (dir) => {
        rmSync(join(dir, 'ledger.jsonl'));
        mkdirSync(join(dir, 'ledger.jsonl'));
      },
    ],
    ['an empty key', (dir) => writeFileSync(join(dir, 'transport.key'), '')],
    ['an empty description', (dir) => writeFileSync(join(dir, 'station.json'), '')],
    ['another side', (dir) => edit(dir, 'offline', 'online')],
    ['another environment', (dir) => edit(dir, 'production', 'rehearsal')],
    ['another name', (dir) => edit(dir, 'vault', 'fault')],
    ['the key of another station', (dir, other) => copy(dir, other, 'transport.key')],
    ['the ledger of another station', (dir, other) => copy(dir, other, 'ledger.jsonl')],
  ])('%s is refused', async (_, damage) => {
    const dir = await newHome('vault');
    damage(dir, await newHome('vault'));
    for (const write of [false, true]) expect(await endOf(() => open(dir, write))).toBe('HOME-DAMAGED 3');
    expect(readdirSync(dir)).not.toContain('lock');
  });

  function edit(dir: string, from: string, to: string): void {
    const path = join(dir, 'station.json');
    writeFileSync(path, readFileSync(path, 'utf8').replace(from, to));
  }
  function copy(dir: string, other: string, name: string): void {
    writeFileSync(join(dir, name), readFileSync(join(other, name)));
  }
});

test('HOME-SIDE a command of the other half says which side this is', async () => {
  const home = await open(await newHome('desk', 'online'));
  requireSide(home, 'online', 'export');
  const error = await errorOf(() => requireSide(home, 'offline', 'sign'));
  expect(error).toMatchObject({ check: 'HOME-SIDE', exit: 2, expected: 'offline', found: 'online (desk)' });
  expect(error.message).toContain('sign');
  home.close();
  const finished = await run(['export', '-o', 'x.tar', '--json'], { home: await newHome('vault') });
  expect(finished.code).toBe(2);
  expect(finished.json()).toMatchObject({ error: { check: 'HOME-SIDE' } });
});
