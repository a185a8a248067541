import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';
import { afterAll, describe, expect, test } from 'vitest';
import { encodeHeader } from '../../src/bundle/archive.ts';
import { verifyCopyUnchanged, withCopy } from '../../src/station/files/incoming.ts';
import { writeOut } from '../../src/station/files/outgoing.ts';
import { scratchFolder } from '../peers/process.ts';
import { caught } from '../signer/caught.ts';

function home(): { dir: string } {
  const dir = scratchFolder('media-home');
  mkdirSync(join(dir, 'inbox'));
  return { dir };
}

describe('R2 what comes off the stick', () => {
  test('is copied once; the copy stays where it is kept, and nowhere after a refusal', async () => {
    const at = home();
    const file = join(scratchFolder('stick'), 'a.tar');
    writeFileSync(file, 'content');
    await withCopy(file, at, true, async ({ path }) => {
      writeFileSync(file, 'changed on the stick');
      await wait(1);
      expect(readFileSync(path, 'utf8')).toBe('content');
    });
    expect(readdirSync(join(at.dir, 'inbox'))).toHaveLength(1);
    await expect(withCopy(file, at, true, () => Promise.reject(new Error('refused')))).rejects.toThrow(
      'refused',
    );
    expect(readdirSync(join(at.dir, 'inbox'))).toHaveLength(1);
  });

  test('MEDIA-KIND a link, a folder, a pipe is refused', async () => {
    const stick = scratchFolder('stick');
    writeFileSync(join(stick, 'real'), 'x');
    symlinkSync(join(stick, 'real'), join(stick, 'link'));
    mkdirSync(join(stick, 'folder'));
    execFileSync('mkfifo', [join(stick, 'pipe')]);
    for (const name of ['link', 'folder', 'pipe'])
      expect(
        (await caught(() => withCopy(join(stick, name), home(), false, () => Promise.resolve()))).check,
        name,
      ).toBe('MEDIA-KIND');
    expect(
      await caught(() => withCopy(join(stick, 'none'), home(), false, () => Promise.resolve())),
    ).toMatchObject({
      check: 'MEDIA-READ',
      exit: 6,
    });
  });

  test('BUNDLE-HEADER, BUNDLE-END a large file that begins neither as a bundle nor as JSON is not copied', async () => {
    const at = home();
    const file = join(scratchFolder('stick'), 'large');
    const begin = (start: string | Uint8Array): void => {
      writeFileSync(file, start);
      truncateSync(file, 65 * 1024 * 1024);
    };
    let worked = 0;
    const take = (): Promise<void> =>
      withCopy(file, at, false, () => {
        worked++;
        return Promise.resolve();
      });
    begin('an image of a disk');
    expect(await caught(take)).toMatchObject({ check: 'BUNDLE-HEADER', exit: 3 });
    begin('');
    expect(await caught(take)).toMatchObject({ check: 'BUNDLE-END', exit: 3 });
    expect([worked, readdirSync(join(at.dir, 'inbox'))]).toEqual([0, []]);
    for (const start of ['{"signed":', '\r\n {"signed":', encodeHeader('manifest.json', 7)]) {
      begin(start);
      await take();
    }
    expect(worked).toBe(3);
  });

  test('BUNDLE-CHANGED a copy that changed after it was checked is refused', async () => {
    const file = join(scratchFolder('stick'), 'a.tar');
    writeFileSync(file, 'content');
    await withCopy(file, home(), false, async (copy) => {
      verifyCopyUnchanged(copy);
      writeFileSync(copy.path, 'CONTENT');
      expect(
        (
          await caught(() => {
            verifyCopyUnchanged(copy);
          })
        ).check,
      ).toBe('BUNDLE-CHANGED');
    });
  });
});

describe('R14 what goes onto the stick', () => {
  const content = Buffer.alloc(3 * 1024 * 1024 + 123, 7);

  test('is read back; the same bytes under that name are done, others are never overwritten (FILE-EXISTS, exit 2)', async () => {
    const stick = scratchFolder('stick');
    const out = join(stick, 'a.tar');
    writeOut(out, [content], content.length);
    expect(readFileSync(out).equals(content)).toBe(true);
    writeOut(out, [content], content.length);
    const other = Buffer.from('another');
    expect(await caught(() => writeOut(out, [other], other.length))).toMatchObject({
      check: 'FILE-EXISTS',
      exit: 2,
    });
    expect(readdirSync(stick)).toEqual(['a.tar']);
  });

  test('what an earlier kill left is replaced', () => {
    const stick = scratchFolder('stick');
    writeFileSync(join(stick, '.a.tar.part'), 'half of it');
    writeOut(join(stick, 'a.tar'), [content], content.length);
    expect(readdirSync(stick)).toEqual(['a.tar']);
  });

  const small = scratchFolder('small');
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', small]);
  afterAll(() => {
    execFileSync('umount', [small]);
  });

  test('MEDIA-FULL a full medium is exit 6, and nothing has the final name', async () => {
    expect(await caught(() => writeOut(join(small, 'a.tar'), [content], content.length))).toMatchObject({
      check: 'MEDIA-FULL',
      exit: 6,
    });
    // The size that was announced was wrong: the medium fills while it is written.
    expect(await caught(() => writeOut(join(small, 'a.tar'), [content], 10))).toMatchObject({
      check: 'MEDIA-WRITE',
      exit: 6,
    });
    expect(readdirSync(small)).toEqual([]);
  });

  test('killed at a hundred instants: a file under its final name is whole', async () => {
    const folder = scratchFolder('writer');
    const source = fileURLToPath(new URL('../../src/station/files/outgoing.ts', import.meta.url));
    await esbuild.build({
      stdin: {
        contents: `import { writeOut } from ${JSON.stringify(source)};
          const bytes = Buffer.alloc(${String(content.length)}, 7);
          for (let at = 0; ; at++) writeOut(process.argv[2] + '/' + process.argv[3] + '-' + at + '.tar', [bytes], bytes.length);`,
        resolveDir: folder,
        loader: 'ts',
      },
      bundle: true,
      platform: 'node',
      format: 'esm',
      outfile: join(folder, 'writer.mjs'),
    });
    const sha256 = createHash('sha256').update(content).digest('hex');
    let whole = 0;
    for (let round = 0; round < 100; round++) {
      const stick = scratchFolder('stick');
      const child = spawn(process.execPath, [join(folder, 'writer.mjs'), stick, String(round)], {
        stdio: 'ignore',
      });
      // Node starts in its own time: the clock begins with the first sign of the writer.
      while (readdirSync(stick).length === 0) await wait(1);
      await wait(Math.random() * 40);
      child.kill('SIGKILL');
      await new Promise((resolve) => child.once('close', resolve));
      for (const name of readdirSync(stick).filter((one) => one.endsWith('.tar'))) {
        expect(
          createHash('sha256')
            .update(readFileSync(join(stick, name)))
            .digest('hex'),
        ).toBe(sha256);
        whole++;
      }
      expect(existsSync(stick)).toBe(true);
    }
    expect(whole).toBeGreaterThan(0);
  });
});
