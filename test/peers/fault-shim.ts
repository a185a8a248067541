import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runOk, scratchFolder } from './process.ts';
import type { TestToken } from './softhsm.ts';

const SOURCE = join(dirname(fileURLToPath(import.meta.url)), 'fault-shim.c');
let compiled: Promise<string> | null = null;

export interface FaultyToken extends TestToken {
  /** How often the module was asked for this function, by whatever process. */
  calls(name: string): number;
  /** Gives the module another plan, from the next process on that loads it. */
  plan(plan: string): void;
}

/** A token behind a module of its own that does wrong what the plan says (syntax: fault-shim.c). */
export async function faulty(token: TestToken, plan = ''): Promise<FaultyToken> {
  compiled ??= compile();
  const folder = scratchFolder('shim');
  const [path, log] = [join(folder, 'fault-shim.so'), join(folder, 'calls')];
  copyFileSync(await compiled, path);
  const made: FaultyToken = {
    ...token,
    module: { ...token.module, path },
    calls(name) {
      if (!existsSync(log)) return 0;
      return readFileSync(log, 'utf8')
        .split('\n')
        .filter((line) => line === name).length;
    },
    plan(next) {
      writeFileSync(`${path}.conf`, `module ${token.module.path}\nplan ${next}\nlog ${log}\n`);
    },
  };
  made.plan(plan);
  return made;
}

async function compile(): Promise<string> {
  const library = join(scratchFolder('shim-build'), 'fault-shim.so');
  const { stdout } = await runOk('pkg-config', ['--cflags', 'p11-kit-1']);
  const flags = stdout.trim().split(/\s+/);
  await runOk('gcc', [
    '-shared',
    '-fPIC',
    '-O1',
    '-Wall',
    '-Werror',
    ...flags,
    '-o',
    library,
    SOURCE,
    '-ldl',
  ]);
  return library;
}
