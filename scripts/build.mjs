import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';
import { commandFileEntries, commandModules } from './command-modules.mjs';
import { lazyOclif } from './lazy-oclif.mjs';

/**
 * Builds dist/: `main.js`, which finds a command by its words, and for each group of commands one file with all that they
 * need. A command starts from two files, since what starts a program is mostly the number of files that it is loaded from,
 * and from CommonJS, which node loads in half the time. All lie flat in dist/, so that
 * `new URL('./second-check-worker.js', import.meta.url)` means the same file wherever the code that says so ends up.
 */
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const outdir = resolve(process.argv[2] ?? join(root, 'dist'));

/** Files that are started as a worker thread or a child process. */
const STARTED = {
  'second-check-worker': 'src/signer/second-check-worker.ts',
  'pkcs11-child': 'src/signer/pkcs11/child.ts',
};

/** What not every command needs, each a file that is loaded where it is first used. */
const APART = {
  'noble-ed25519': 'src/metadata/noble-ed25519.ts',
  'noble-nist': 'src/metadata/noble-nist.ts',
  schemas: 'src/encoding/schema/generated.js',
};

/** The schemas by their names. */
const SCHEMAS = Object.keys(await import('../src/encoding/schema/generated.js'));

const filesApart = {
  name: 'files-apart',
  setup(build) {
    build.onResolve({ filter: /noble-(ed25519|nist)\.ts$/ }, ({ path, kind }) =>
      kind === 'dynamic-import' ? { path: `./${basename(path, '.ts')}.js`, external: true } : null,
    );
    build.onResolve({ filter: /\/schema\/generated\.js$/ }, ({ kind }) =>
      kind === 'entry-point' ? null : { path: 'schemas', namespace: 'files-apart' },
    );
    build.onResolve({ filter: /^\.\/schemas\.js$/ }, ({ path }) => ({ path, external: true }));
    build.onLoad({ filter: /.*/, namespace: 'files-apart' }, () => ({
      contents: SCHEMAS.map(
        (name) => `exports.__defineGetter__('${name}', () => require('./schemas.js').${name});`,
      ).join('\n'),
      loader: 'js',
    }));
  },
};

function place(path, contents) {
  writeFileSync(`${path}.${String(process.pid)}.tmp`, contents);
  renameSync(`${path}.${String(process.pid)}.tmp`, path);
}

const OPTIONS = {
  absWorkingDir: root,
  outdir,
  bundle: true,
  format: 'cjs',
  platform: 'node',
  target: 'node20.19',
  // `import()` of node's modules and of the addon as `require`, which is faster and as late
  supported: { 'dynamic-import': false },
  define: { 'import.meta.url': 'urlOfThisFile' },
  banner: { js: "const urlOfThisFile = require('node:url').pathToFileURL(__filename).href;" },
  external: ['pkcs11js', 'typescript', 'ts-node', 'tsx'],
  plugins: [commandModules, filesApart, lazyOclif],
  legalComments: 'none',
  logLevel: 'warning',
  write: false,
};
const entryPoints = {
  main: 'src/main.ts',
  'describe-commands': 'src/terminal/describe-commands.ts',
  ...commandFileEntries(),
  ...STARTED,
  ...APART,
};
const built = await Promise.all(
  [entryPoints, { help: 'src/terminal/help.ts' }].map((some) =>
    esbuild.build({ ...OPTIONS, entryPoints: some }),
  ),
);
const outputFiles = built.flatMap((one) => one.outputFiles);

// each file appears whole and the old ones go last, so that a program that is running meanwhile finds its parts
mkdirSync(outdir, { recursive: true });
for (const { path, contents } of outputFiles) place(path, contents);
place(join(outdir, 'package.json'), '{"type":"commonjs"}\n');
const { describeCommands } = createRequire(outdir)(join(outdir, 'describe-commands.js'));
place(join(outdir, 'commands.json'), `${JSON.stringify(describeCommands())}\n`);
const current = new Set(['package.json', 'commands.json', ...outputFiles.map(({ path }) => basename(path))]);
current.delete('describe-commands.js');
for (const file of readdirSync(outdir))
  if (!current.has(file) && !file.endsWith('.tmp')) rmSync(join(outdir, file), { recursive: true });

const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const bytes = readdirSync(outdir).reduce((sum, file) => sum + statSync(join(outdir, file)).size, 0);
process.stdout.write(
  `countersign ${version}: ${String(current.size)} files, ${String(Math.round(bytes / 1024))} KiB in ${relative(root, outdir) || outdir}\n`,
);
