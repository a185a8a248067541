import { chmodSync, chownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseSecretFile, parseSecretFile, readSecretFile, wipe } from '../../src/signer/secret-file.ts';
import { runOk, scratchFolder } from '../peers/process.ts';
import { caught } from './caught.ts';

const folder = scratchFolder('secrets');
let count = 0;

function secretFile(content: string | Uint8Array, mode = 0o600): string {
  const path = join(folder, `secret-${String(++count)}`);
  writeFileSync(path, content, { mode });
  chmodSync(path, mode);
  return path;
}

describe('S22: secret files', () => {
  it.each([
    ['pin', 'pin'],
    ['pin\n', 'pin'],
    ['pin\r\n', 'pin'],
    ['pin\n\n', 'pin\n'],
    ['pin\r', 'pin\r'],
    [' p\u00efn ', ' p\u00efn '],
  ])('reads %j and drops exactly one line end', async (content, secret) => {
    expect((await readSecretFile(secretFile(content))).toString()).toBe(secret);
  });

  it('reads 1 KiB', async () => {
    expect(await readSecretFile(secretFile(`${'x'.repeat(1023)}\n`))).toHaveLength(1023);
  });

  it('accepts mode 400', async () => {
    expect((await readSecretFile(secretFile('pin\n', 0o400))).toString()).toBe('pin');
  });

  it.each([
    ['SECRET-FILE-MODE', 'pin', 0o640],
    ['SECRET-FILE-MODE', 'pin', 0o604],
    ['SECRET-FILE-MODE', 'pin', 0o620],
    ['SECRET-FILE-EMPTY', '', 0o600],
    ['SECRET-FILE-EMPTY', '\n', 0o600],
    ['SECRET-FILE-EMPTY', '\r\n', 0o600],
    ['SECRET-FILE-SIZE', 'x'.repeat(1025), 0o600],
  ])('%s refuses', async (check, content, mode) => {
    expect(await caught(() => readSecretFile(secretFile(content, mode)))).toMatchObject({ check, exit: 3 });
  });

  it('SECRET-FILE-KIND refuses a link, a folder and a device', async () => {
    const link = join(folder, 'link');
    symlinkSync(secretFile('pin'), link);
    expect(await caught(() => readSecretFile(link))).toMatchObject({ check: 'SECRET-FILE-KIND', exit: 3 });
    mkdirSync(join(folder, 'folder'));
    expect(await caught(() => readSecretFile(join(folder, 'folder')))).toMatchObject({
      check: 'SECRET-FILE-KIND',
    });
    expect(await caught(() => readSecretFile('/dev/zero'))).toMatchObject({ check: 'SECRET-FILE-KIND' });
  });

  it('SECRET-FILE names a missing file', async () => {
    expect(await caught(() => readSecretFile(join(folder, 'none')))).toMatchObject({
      check: 'SECRET-FILE',
      exit: 2,
    });
  });

  it('SECRET-FILE-OWNER refuses the file of another user', async () => {
    // Only root can give a file away; for everybody else, root's own files are another user's.
    const isRoot = process.geteuid?.() === 0;
    const path = isRoot ? secretFile('pin') : '/etc/passwd';
    if (isRoot) chownSync(path, 65534, 65534);
    expect(await caught(() => readSecretFile(path))).toMatchObject({ check: 'SECRET-FILE-OWNER', exit: 3 });
  });

  it('reads a named pipe', async () => {
    const pipe = join(folder, 'pipe');
    await runOk('mkfifo', ['-m', '600', pipe]);
    const [secret] = await Promise.all([readSecretFile(pipe), writeFile(pipe, 'piped\n')]);
    expect(secret.toString()).toBe('piped');
  });

  it('reads a pipe that the shell passes on', async () => {
    const source = fileURLToPath(new URL('../../src/signer/secret-file.ts', import.meta.url));
    const outfile = join(folder, 'secret-file.mjs');
    await build({
      entryPoints: [source],
      outfile,
      bundle: true,
      format: 'esm',
      platform: 'node',
      logLevel: 'error',
    });
    const program = `const { readSecretFile } = await import("${outfile}");
      process.stdout.write(await readSecretFile(process.argv[1]));`;
    const shell = `exec "$0" --input-type=module -e '${program}' <(printf 'passed\\n')`;
    const { stdout } = await runOk('bash', ['-c', shell, process.execPath]);
    expect(stdout).toBe('passed');
  });

  it('wipe zeroes, and the buffer is not part of the shared pool', async () => {
    const secret = await readSecretFile(secretFile('canary'));
    expect(secret.buffer.byteLength).toBe(secret.length);
    wipe(secret);
    expect(secret.every((byte) => byte === 0)).toBe(true);
  });
});

describe('S22: --pin-file [LABEL=]FILE', () => {
  it('parses the named and the bare form', () => {
    expect(parseSecretFile('root=/run/pin')).toEqual({ name: 'root', file: '/run/pin' });
    expect(parseSecretFile('/run/pin')).toEqual({ name: null, file: '/run/pin' });
    expect(parseSecretFile('./a=b')).toEqual({ name: null, file: './a=b' });
    expect(parseSecretFile('my token=a=b')).toEqual({ name: 'my token', file: 'a=b' });
  });

  it.each(['', '=', '=file', 'name='])('SECRET-FILE-OPTION refuses %j', async (option) => {
    expect(await caught(() => parseSecretFile(option))).toMatchObject({
      check: 'SECRET-FILE-OPTION',
      exit: 2,
    });
  });

  it('property: every named option is read back', () => {
    const name = fc.string({ minLength: 1 }).filter((text) => !/[=/]/.test(text));
    fc.assert(
      fc.property(name, fc.string({ minLength: 1 }), (label, file) => {
        expect(parseSecretFile(`${label}=${file}`)).toEqual({ name: label, file });
      }),
    );
  });

  it('SECRET-FILE-BARE: the bare form stands for exactly one secret', async () => {
    const bare = [{ name: null, file: '/a' }];
    expect(chooseSecretFile(bare, 'root', 1)).toBe('/a');
    expect(await caught(() => chooseSecretFile(bare, 'root', 2))).toMatchObject({
      check: 'SECRET-FILE-BARE',
      exit: 2,
    });
    const both = [...bare, { name: 'root', file: '/b' }];
    expect(await caught(() => chooseSecretFile(both, 'root', 1))).toMatchObject({
      check: 'SECRET-FILE-BARE',
    });
  });

  it('chooses by name; none means that people are asked; two of a name are refused', async () => {
    const named = ['a', 'b'].map((name) => ({ name, file: `/${name}` }));
    expect(chooseSecretFile(named, 'b', 2)).toBe('/b');
    expect(chooseSecretFile(named, 'c', 3)).toBeNull();
    const twice = [...named, { name: 'a', file: '/c' }];
    expect(await caught(() => chooseSecretFile(twice, 'a', 2))).toMatchObject({
      check: 'SECRET-FILE-TWICE',
      exit: 2,
    });
  });
});
