import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { cleanEnvironment, PROGRAM, run } from '../peers/program.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'countersign-startup-'));
const home = join(folder, 'home');
mkdirSync(home, { mode: 0o700 });
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** The words of every command, from the files in commands/. */
const COMMANDS = readdirSync(join(root, 'commands'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.replace(/\.ts$/, '').replaceAll('/', ' '))
  .sort();

const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };

describe('the program starts', () => {
  test.each(['--version', '-v', 'version'])('%s prints the version', async (word) => {
    const { code, stdout, stderr } = await run([word]);
    expect([code, stdout, stderr]).toEqual([0, `countersign ${version}\n`, '']);
  });

  test.each([[], ['--help'], ['help'], ['-h']])(
    '%j prints help that names every first word',
    async (...words) => {
      const { code, stdout } = await run(words);
      expect(code).toBe(0);
      for (const command of COMMANDS) expect(stdout).toContain(`\n  ${command.split(' ')[0] ?? ''} `);
    },
  );

  test.each(COMMANDS)('%s --help has a summary, usage, the common flags and an example', async (command) => {
    const { code, stdout, stderr } = await run([...command.split(' '), '--help'], { home });
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^\S.*\n\nUSAGE\n {2}\$ countersign /);
    expect(stdout).toMatch(/EXAMPLES\n[^]*\$ countersign /);
    expect(stdout).toContain('--home=DIR');
    expect(stdout).toContain('--json');
    expect(stdout).toMatch(/^[\n -~]*$/);
    expect(stdout, 'help names no path of this machine').not.toContain(home);
    // an example is one line, for copying, however long
    const lines = stdout.split('\n').filter((line) => !line.startsWith('  $ countersign'));
    for (const line of lines) expect(line.length, line).toBeLessThanOrEqual(80);
  });

  test('a topic without a command lists its commands', async () => {
    const { code, stdout } = await run(['bundle']);
    expect(code).toBe(0);
    expect(stdout).toContain('bundle digest');
  });

  test('a program that is not built says how to build it', () => {
    const copy = join(folder, 'unbuilt');
    mkdirSync(join(copy, 'bin'), { recursive: true });
    writeFileSync(join(copy, 'package.json'), '{"type":"module"}');
    for (const file of ['countersign', 'package.json'])
      writeFileSync(join(copy, 'bin', file), readFileSync(join(root, 'bin', file)));
    const { status, stderr } = spawnSync(process.execPath, [join(copy, 'bin/countersign')], {
      encoding: 'utf8',
    });
    expect([status, stderr]).toEqual([
      1,
      'countersign is not built yet: run `npm run build` in the checkout\n',
    ]);
  });

  test('it runs through a symbolic link, as npm installs it', () => {
    const link = join(folder, 'countersign');
    symlinkSync(PROGRAM, link);
    const { status, stdout } = spawnSync(link, ['--version'], { encoding: 'utf8', env: cleanEnvironment() });
    expect([status, stdout]).toEqual([0, `countersign ${version}\n`]);
  });
});

describe('exit codes and errors of the real program', () => {
  test.each<[string[], number, string]>([
    [['bundle', 'digest'], 2, 'USAGE-ARGUMENT-MISSING'],
    [['bundle', 'digest', 'a', 'b'], 2, 'USAGE-ARGUMENT-UNEXPECTED'],
    [['bundle', 'digest', 'a', '--yes'], 2, 'USAGE-FLAG-UNKNOWN'],
    [['bundle', 'digest', 'a', '--force'], 2, 'USAGE-FLAG-UNKNOWN'],
    [['bundle', 'digest', 'a', '--home', ''], 2, 'USAGE-HOME'],
    [['bundle', 'dgiest', 'a'], 2, 'USAGE-COMMAND'],
    [['nonsense'], 2, 'USAGE-COMMAND'],
    [['--unknown'], 2, 'USAGE-COMMAND'],
    [['constructor'], 2, 'USAGE-COMMAND'],
    [['bundle', 'digest', join(folder, 'no-such-file')], 6, ''],
  ])('%j ends with %i and names its check', async (words, exit, check) => {
    const text = await run(words, { home });
    expect([text.code, text.stdout]).toEqual([exit, '']);
    expect(text.stderr).toContain(`[${check}`);
    expect(text.stderr, 'the next step').toMatch(/^ {2}(next|where): {4,5}\S/m);

    const json = await run([...words, '--json'], { home });
    expect([json.code, json.stderr]).toEqual([exit, '']);
    expect(json.json()).toMatchObject({ error: { check: expect.stringContaining(check) as string, exit } });
  });

  test('a mistyped command names the nearest one', async () => {
    expect((await run(['bundle', 'digset'])).stderr).toMatch(/expected: bundle digest/);
  });

  test('a reader that goes away is not an error', async () => {
    const child = spawn(PROGRAM, ['--help'], { env: cleanEnvironment(), stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.destroy();
    const stderr: Buffer[] = [];
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    const code = await new Promise((resolve) => child.once('close', resolve));
    expect([code, Buffer.concat(stderr).toString()]).toEqual([0, '']);
  });
});

describe('R9 the real program', () => {
  test('R9 no byte outside 0x20-0x7E and LF reaches stdout or stderr, whatever the arguments', async () => {
    const word = fc
      .oneof(
        fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }),
        fc.constantFrom(
          '\u001b]0;title\u0007',
          '\u009b2J',
          '\u202etxt',
          '\r\u001b[K',
          '--\u001b[31m',
          '-\u0008',
        ),
      )
      // an argument is a C string, and lone surrogates do not survive UTF-8
      .map((text) => text.replaceAll('\0', '').toWellFormed())
      .filter((text) => text !== '');
    await fc.assert(
      fc.asyncProperty(
        fc.array(word, { minLength: 1, maxLength: 3 }),
        fc.boolean(),
        async (words, command) => {
          const { code, stdoutBytes, stderrBytes } = await run(
            [...(command ? ['bundle', 'digest'] : []), ...words],
            {
              home,
              cwd: folder,
            },
          );
          expect(code).not.toBeNull();
          for (const bytes of [stdoutBytes, stderrBytes])
            expect(bytes.toString('latin1')).toMatch(/^[\n -~]*$/);
        },
      ),
      { numRuns: 40 },
    );
  });

  test('R9 the environment cannot bring colours back', async () => {
    const env = { FORCE_COLOR: '3', CLICOLOR_FORCE: '1', COLORTERM: 'truecolor', TERM: 'xterm-256color' };
    for (const words of [['--help'], ['bundle', 'digest'], ['bundle', 'digest', '--help']]) {
      const { stdout, stderr } = await run(words, { home, env });
      expect(stdout + stderr).toMatch(/^[\n -~]*$/);
    }
  });
});

describe('what the program loads', () => {
  test('no plug-in, hook, or configuration of the user is loaded', async () => {
    const data = join(folder, 'data');
    const plugin = join(folder, 'plugin');
    mkdirSync(join(data, 'countersign'), { recursive: true });
    mkdirSync(plugin);
    const marker = join(folder, 'hook-ran');
    writeFileSync(join(plugin, 'hook.js'), `require('node:fs').writeFileSync(${JSON.stringify(marker)}, '')`);
    writeFileSync(
      join(plugin, 'package.json'),
      JSON.stringify({
        name: 'evil',
        version: '1.0.0',
        oclif: { hooks: { init: './hook.js', preparse: './hook.js' } },
      }),
    );
    writeFileSync(
      join(data, 'countersign/package.json'),
      JSON.stringify({ private: true, oclif: { plugins: [{ name: 'evil', type: 'link', root: plugin }] } }),
    );
    await run(['bundle', 'digest', 'x'], { home, env: { XDG_DATA_HOME: data, XDG_CONFIG_HOME: data } });
    await run(['--help'], { home, env: { XDG_DATA_HOME: data, XDG_CONFIG_HOME: data } });
    expect(readdirSync(folder)).not.toContain('hook-ran');
  });

  test('dist/ holds files side by side only, so that a file is found beside whatever names it', () => {
    for (const entry of readdirSync(join(root, 'dist'), { withFileTypes: true }))
      expect(entry.isFile(), entry.name).toBe(true);
  });

  test('no command but those that need it loads the network, and no start loads a heavy package', async () => {
    const trace = join(folder, 'loaded.mjs');
    writeFileSync(
      trace,
      `process.on('exit', () => process._rawDebug('LOADED ' + process.moduleLoadList.filter((name) => /NativeModule (net|tls|http|https|http2|dns|dgram)$/.test(name)).join(',')));`,
    );
    for (const words of [['--version'], ['bundle', 'digest', join(folder, 'gone')]]) {
      const { stderr } = await run(words, { home, env: { NODE_OPTIONS: `--import=${trace}` } });
      // `net` alone is what Node itself loads for a stdout that is a pipe
      expect(/LOADED (.*)/.exec(stderr)?.[1] ?? 'nothing').toMatch(/^(NativeModule net)?$/);
    }
  });

  test('two builds are the same, byte for byte', () => {
    const digest = (name: string): string => {
      const out = join(folder, name);
      const built = spawnSync(process.execPath, [join(root, 'scripts/build.mjs'), out], { encoding: 'utf8' });
      expect(built.status, built.stderr).toBe(0);
      const hash = createHash('sha256');
      for (const file of readdirSync(out).sort())
        hash.update(`${file}\0`).update(readFileSync(join(out, file)));
      return hash.digest('hex');
    };
    expect(digest('first')).toBe(digest('second'));
  });
});
