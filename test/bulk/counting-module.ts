import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runOk, scratchFolder } from '../peers/process.ts';
import type { TestToken } from '../peers/softhsm.ts';

const SHIM = join(dirname(fileURLToPath(import.meta.url)), '..', 'peers', 'fault-shim.c');

export interface CountedToken extends TestToken {
  /** How often the module was asked for this function by any process. */
  calls(name: string): number;
}

/**
 * The token behind a module that counts what it is asked for. What it needs is compiled in: the program gives the
 * child process that loads it no variables but those on its list.
 */
export async function counted(token: TestToken): Promise<CountedToken> {
  const folder = scratchFolder('counting-module');
  const [header, library, log] = ['baked.h', 'counting.so', 'calls'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  writeFileSync(
    header,
    `#include <stdlib.h>
#include <string.h>
static const char *baked(const char *name) {
  if (strcmp(name, "SHIM_MODULE") == 0) return ${JSON.stringify(token.module.path)};
  if (strcmp(name, "SHIM_LOG") == 0) return ${JSON.stringify(log)};
  return NULL;
}
#define getenv baked
`,
  );
  const { stdout } = await runOk('pkg-config', ['--cflags', 'p11-kit-1']);
  await runOk('gcc', [
    ...['-shared', '-fPIC', '-O1', '-include', header, ...stdout.trim().split(/\s+/)],
    ...['-o', library, SHIM, '-ldl'],
  ]);
  return {
    ...token,
    module: { ...token.module, path: library },
    calls(name) {
      if (!existsSync(log)) return 0;
      return readFileSync(log, 'utf8')
        .split('\n')
        .filter((line) => line === name).length;
    },
  };
}
