import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { runOk, scratchFolder } from '../../test/peers/process.ts';
import { PROGRAM } from '../../test/peers/program.ts';
import type { TestToken } from '../../test/peers/softhsm.ts';

const SOURCE = join(PROGRAM, '..', '..', 'bench', 'measuring', 'timed-module.c');

/** Milliseconds and calls of each PKCS#11 function. */
export type TokenTimes = ReadonlyMap<string, { readonly calls: number; readonly milliseconds: number }>;

export interface TimedToken extends TestToken {
  /** What the token took since this was last asked. */
  times(): TokenTimes;
}

/** The token behind a module that keeps the time of what it is asked for. */
export async function timedToken(token: TestToken): Promise<TimedToken> {
  const folder = scratchFolder('timed-module');
  const [library, log] = [join(folder, 'timed.so'), join(folder, 'times')];
  const { stdout } = await runOk('pkg-config', ['--cflags', 'p11-kit-1']);
  await runOk('gcc', [
    ...['-shared', '-fPIC', '-O1', ...stdout.trim().split(/\s+/)],
    `-DTIMED_MODULE=${JSON.stringify(token.module.path)}`,
    `-DTIMED_LOG=${JSON.stringify(log)}`,
    ...['-o', library, SOURCE, '-ldl'],
  ]);
  return {
    ...token,
    module: { ...token.module, path: library },
    times() {
      const times = new Map<string, { calls: number; milliseconds: number }>();
      if (!existsSync(log)) return times;
      for (const line of readFileSync(log, 'utf8').trim().split('\n')) {
        const [name = '', calls, nanoseconds] = line.split(' ');
        const before = times.get(name) ?? { calls: 0, milliseconds: 0 };
        times.set(name, {
          calls: before.calls + Number(calls),
          milliseconds: before.milliseconds + Number(nanoseconds) / 1e6,
        });
      }
      rmSync(log);
      return times;
    },
  };
}

/** What took at least a millisecond, on one line. */
export function listedTimes(times: TokenTimes): string {
  return [...times]
    .filter(([, { milliseconds }]) => milliseconds >= 1)
    .map(([name, { calls, milliseconds }]) => `${name} ${String(calls)} calls ${milliseconds.toFixed(0)} ms`)
    .join(', ');
}
