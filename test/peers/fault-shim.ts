import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runOk, scratchFolder } from './process.ts';
import type { TestToken } from './softhsm.ts';

const SOURCE = join(dirname(fileURLToPath(import.meta.url)), 'fault-shim.c');
let compiled: Promise<string> | null = null;

export interface FaultyToken extends TestToken {
  /** How often the module was asked for this function. */
  calls(name: string): number;
}

/** A token behind a module that does wrong what the plan says (syntax: fault-shim.c). */
export async function faulty(token: TestToken, plan: string): Promise<FaultyToken> {
  compiled ??= compile();
  const path = await compiled;
  const log = join(scratchFolder('shim'), 'calls');
  return {
    ...token,
    module: { ...token.module, path },
    env: { ...token.env, SHIM_MODULE: token.module.path, SHIM_PLAN: plan, SHIM_LOG: log },
    calls(name) {
      if (!existsSync(log)) return 0;
      return readFileSync(log, 'utf8')
        .split('\n')
        .filter((line) => line === name).length;
    },
  };
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
