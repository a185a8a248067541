import { mkdirSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
let built: Promise<string> | null = null;

/** The child's entry, built once for this test process: Node 20 does not run TypeScript. */
export function builtChild(): Promise<string> {
  built ??= buildChild();
  return built;
}

async function buildChild(): Promise<string> {
  const folder = join(root, 'node_modules', '.cache', 'countersign');
  mkdirSync(folder, { recursive: true });
  const temporary = join(folder, `pkcs11-child-${String(process.pid)}.mjs`);
  await build({
    absWorkingDir: root,
    entryPoints: ['src/signer/pkcs11/child.ts'],
    outfile: temporary,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    external: ['pkcs11js'],
    logLevel: 'error',
  });
  const file = join(folder, 'pkcs11-child.mjs');
  renameSync(temporary, file);
  return file;
}
