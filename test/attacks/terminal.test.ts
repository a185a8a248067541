import { existsSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { digestWords } from '../../src/encoding/words.ts';
import { homeState } from '../peers/forge.ts';
import { openTerminal, PROGRAM, type TestTerminal } from '../peers/program.ts';
import { exportAll } from '../peers/stations.ts';
import { publishedScene, type Scene } from './scene.ts';

/** What an attacker would write on an officer's screen: C1 controls, DEL, bidirectional overrides, invisible marks. */
const HOSTILE = 'a\u009b2J\u009d0;t\u009c\u007f\u202e\u2066\u200b\ufeff\u0085\u2028z';
/** What a terminal may be sent in text mode. */
const HARMLESS = /^[\u0020-\u007e\n]*$/;

let app: Scene & { readonly next: string };
beforeAll(async () => {
  app = await publishedScene(1);
  await app.online.ok('export', '--supersede', app.next, '-o', app.on('gone.tar'));
});

describe('what a hostile request puts on the officer’s screen', () => {
  test('R9 a target name reaches no screen raw: review, inspect, and its name is still told apart', async () => {
    const file = await app.forged('gone.tar', (m) => void (m.sequence += 1));
    const plain = await app.offline.run(['review', file]);
    expect(plain.stdout).toMatch(HARMLESS);
    await app.online.run(['export', '--supersede', await digestOf('gone.tar'), '-o', app.on('gone-2.tar')]);
    await app.stage(HOSTILE, 8);
    await app.online.ok('export', '--supersede', await digestOf('gone-2.tar'), '-o', app.on('hostile.tar'));
    for (const args of [
      ['review', app.on('hostile.tar')],
      ['bundle', 'inspect', app.on('hostile.tar')],
    ]) {
      const shown = await app.offline.run(args);
      expect(shown.code).toBe(0);
      expect(`${shown.stdout}${shown.stderr}`).toMatch(HARMLESS);
    }
    const { stdout } = await app.offline.run(['review', app.on('hostile.tar')]);
    expect(stdout).toContain(String.raw`\u{202e}`);
    expect(stdout).toContain(String.raw`\u{9b}2J`);
  });

  test.each<[string, Parameters<Scene['forged']>[1]]>([
    [
      'a repository',
      (m) => m.repositories.forEach((record) => (record.name = `registry.example.com/${HOSTILE}`)),
    ],
    ['an operation', (m) => m.repositories.forEach((record) => (record.operation = HOSTILE))],
    [
      'a role',
      (m) => m.repositories.forEach((record) => record.result.forEach((role) => (role.role = HOSTILE))),
    ],
    [
      'a base role',
      (m) => m.repositories.forEach((record) => record.base.forEach((base) => (base.role += HOSTILE))),
    ],
    ['a sender', (m) => void (m.from.name = HOSTILE)],
    ['a time', (m) => void (m.created = HOSTILE)],
    ['an identity', (m) => void (m.id = HOSTILE)],
    [
      'a change',
      (m, contents) =>
        m.repositories.forEach((record) => {
          record.changes = contents.put(JSON.stringify([{ name: HOSTILE, role: HOSTILE, type: 'remove' }]));
        }),
    ],
    [
      'an absent target',
      (m, contents) =>
        m.repositories.forEach((record) => {
          record.changes = contents.put(JSON.stringify([{ name: HOSTILE, role: 'targets', type: 'remove' }]));
        }),
    ],
    [
      'a document',
      (m, contents) =>
        m.repositories.forEach((record) => {
          record.roots = [contents.put(`{"${HOSTILE}":`)];
          for (const base of record.base) if (base.role === 'root') base.file = record.roots[0] ?? null;
        }),
    ],
  ])('R9 R17 %s with controls in it is refused, and the error text is harmless', async (_, attack) => {
    const file = await app.forged('gone.tar', attack);
    for (const args of [
      ['review', file],
      ['sign', file, '-o', app.on(`${HOSTILE}.tar`), ...app.secrets],
      ['bundle', 'inspect', file],
    ]) {
      const finished = await app.offline.run(args);
      if (args[0] !== 'bundle') expect(finished.code).toBe(3);
      expect(`${finished.stdout}${finished.stderr}`).toMatch(HARMLESS);
    }
  });

  test('R9 names on the command line come back escaped', async () => {
    for (const args of [
      ['review', `/nonexistent/${HOSTILE}`],
      ['sign', HOSTILE, '-o', HOSTILE],
      [HOSTILE],
      ['key', 'export', HOSTILE, '-o', 'x'],
    ]) {
      const finished = await app.offline.run(args);
      expect(finished.code).not.toBe(0);
      expect(`${finished.stdout}${finished.stderr}`).toMatch(HARMLESS);
    }
  });
});

async function digestOf(file: string): Promise<string> {
  return (await app.offline.ok<{ digest: string }>('bundle', 'digest', app.on(file))).digest;
}

describe('consent at a real terminal', () => {
  let signing: Scene;
  let digest: string;
  beforeAll(async () => {
    const made = await publishedScene(1);
    await made.online.ok('export', '--supersede', made.next, '-o', made.on('ask.request.tar'));
    signing = made;
    digest = (await made.offline.ok<{ digest: string }>('bundle', 'digest', made.on('ask.request.tar')))
      .digest;
    await made.offline.ok('review', made.on('ask.request.tar'));
  });

  async function atTerminal(out: string, talk: (terminal: TestTerminal) => Promise<void>): Promise<void> {
    const args = ['sign', signing.on('ask.request.tar'), '-o', signing.on(out), ...signing.secrets];
    const terminal = openTerminal([PROGRAM, ...args], { home: signing.offline.home });
    try {
      await talk(terminal);
    } finally {
      terminal.close();
    }
  }

  /** Accepts what must be typed, and answers the last question. */
  async function answer(
    terminal: TestTerminal,
    last: (words: [string, string], version: string) => string,
  ): Promise<void> {
    for (let asked = 0; asked < 8; asked++) {
      const screen = await terminal.waitFor(
        /(type [A-Z-]+ to accept this:|request digest, and the [a-z ]+:)\s*$/,
      );
      const accept = /type ([A-Z-]+) to accept this:\s*$/.exec(screen)?.[1];
      if (accept === undefined) {
        const joined = screen.replaceAll('\n', ' ');
        const positions = /type words (\d+) and (\d+) of the request digest/.exec(joined);
        const all = digestWords(digest);
        const words = [1, 2].map((at) => all[Number(positions?.[at]) - 1] ?? '') as [string, string];
        terminal.send(`${last(words, '3')}\n`);
        return;
      }
      terminal.send(`${accept}\n`);
      await terminal.waitFor(new RegExp(`type ${accept} to accept this: ?${accept}`));
    }
    throw new Error('no last question');
  }

  test.each<[string, (words: [string, string], version: string) => string]>([
    ['the words the wrong way round', ([first, second], version) => `${second} ${first} ${version}`],
    ['another version', ([first, second], version) => `${first} ${second} ${String(Number(version) + 1)}`],
    ['no version', ([first, second]) => `${first} ${second}`],
    ['yes', () => 'yes'],
    ['nothing', () => ''],
  ])('R8 CONFIRM-MISMATCH: %s signs nothing', async (_, last) => {
    const events = (): string[] => homeState(signing.offline.home).ledger.map(({ event }) => event);
    const before = events();
    await atTerminal('wrong.tar', async (terminal) => {
      await answer(terminal, last);
      expect(await terminal.waitFor(/\[exit \d\]/)).toMatch(/CONFIRM-MISMATCH[^]*\[exit 3\]/);
    });
    expect(existsSync(signing.on('wrong.tar'))).toBe(false);
    expect(events().slice(before.length)).toEqual(['refusal']);
  });

  test('R8 the right words and the version sign, and the response is published', async () => {
    await atTerminal('right.tar', async (terminal) => {
      await answer(terminal, ([first, second], version) => `${first} ${second} ${version}`);
      await terminal.waitFor(/\[exit 0\]/);
    });
    await signing.online.ok('publish', signing.on('right.tar'), '--passphrase-file', signing.passphraseFile);
    await signing.stage('after');
    await exportAll(signing, 'after.tar');
  });

  test('R8 CONFIRM-TERMINAL: without a terminal and without --approve nothing is signed, whatever is on stdin', async () => {
    const args = [
      'sign',
      signing.on('after.tar'),
      '-o',
      signing.on('none.tar'),
      ...signing.secrets,
      '--json',
    ];
    const finished = await signing.offline.run(args, { input: 'yes\nyes\nyes\n' });
    expect(finished.code).toBe(6);
    expect(finished.stdout).toContain('CONFIRM-TERMINAL');
    expect(existsSync(signing.on('none.tar'))).toBe(false);
  });
});
