import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';
import { archiveVectors } from './vectors/archive.mjs';
import { cardVectors } from './vectors/card.mjs';
import { cardKeyVectors } from './vectors/card-keys.mjs';
import { changesVectors } from './vectors/changes.mjs';
import { headerVectors } from './vectors/header.mjs';
import { jsonVectors } from './vectors/manifest-json.mjs';
import { listVectors } from './vectors/manifest-lists.mjs';
import { schemaVectors } from './vectors/manifest-schema.mjs';
import { partVectors } from './vectors/parts.mjs';
import { sealVectors } from './vectors/seal.mjs';
import { validVectors } from './vectors/valid.mjs';
import { expectation, writerOf } from './vectors/writer.mjs';

/**
 * Writes the conformance vectors, bundle-schema/vectors/: bundles, cards and lists of changes that a reader must accept, with their
 * digests, and such that it must refuse, with the check that refuses them. The same bytes on every run.
 * `node scripts/generate-vectors.mjs --check` says whether the committed files are current.
 */
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const folder = join(root, 'bundle-schema/vectors');

/** The program's own encoders. */
async function load() {
  const { outputFiles } = await esbuild.build({
    stdin: {
      contents: `export { encodeHeader, paddingOf } from './src/bundle/archive.ts';
        export { encodeSeal, preAuthentication } from './src/bundle/seal.ts';
        export { canonicalBytes } from './src/encoding/canonical-json.ts';
        export { canonicalKeyId } from './src/metadata/station-key-id.ts';
        export { publicKeyFromEcPoint, publicKeyFromEd25519Raw } from './src/metadata/public-key.ts';`,
      resolveDir: root,
      loader: 'ts',
    },
    bundle: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    write: false,
  });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`);
}

/** Every file of the folder: name to bytes. */
export async function generate() {
  const lib = await load();
  const writer = writerOf(lib);
  const vectors = [
    validVectors,
    headerVectors,
    archiveVectors,
    sealVectors,
    jsonVectors,
    schemaVectors,
    listVectors,
    partVectors,
    cardVectors,
    cardKeyVectors,
    changesVectors,
  ].flatMap((make) => make(writer, lib));
  const files = new Map();
  const index = vectors.map(({ file, bytes, title, rule, kinds, expect }) => {
    const name = `${'check' in expect ? 'hostile' : 'valid'}/${file}.${endingOf(file)}`;
    if (files.has(name)) throw new Error(`two vectors of one name: ${name}`);
    files.set(name, bytes);
    return { file: name, title, rule, ...(kinds ? { kinds } : {}), ...expectation(bytes, { expect }) };
  });
  files.set(
    'vectors.json',
    Buffer.from(`${JSON.stringify({ format: 'countersign-1', vectors: index }, null, 2)}\n`),
  );
  return files;
}

function endingOf(file) {
  if (file.startsWith('card-')) return 'card';
  return file.startsWith('changes-') ? 'json' : 'tar';
}

/** Names under the folder, sorted. */
function present() {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const files = await generate();
  if (process.argv.includes('--check')) {
    const same = present().join() === [...files.keys()].sort().join();
    if (!same || [...files].some(([name, bytes]) => !readFileSync(join(folder, name)).equals(bytes))) {
      process.stderr.write('bundle-schema/vectors is not current: node scripts/generate-vectors.mjs\n');
      process.exitCode = 1;
    }
  } else {
    rmSync(folder, { recursive: true, force: true });
    for (const [name, bytes] of files) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), bytes);
    }
  }
}
