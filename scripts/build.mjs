import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import * as esbuild from 'esbuild';
import { lazyOclif } from './lazy-oclif.mjs';

/**
 * Builds dist/. Every output lies flat in dist/, chunks included, so that
 * `new URL('./second-check-worker.js', import.meta.url)` means the same file wherever the code that says so ends up.
 */
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const outdir = resolve(process.argv[2] ?? join(root, 'dist'));

/** Files that are started as a worker thread or a child process. */
const STARTED = {
  'second-check-worker': 'src/signer/second-check-worker.ts',
  'pkcs11-child': 'src/signer/pkcs11/child.ts',
};

/**
 * The words of each command, from the files in commands/, as a module that loads a group of them at a time. What
 * starts a command is mostly the number of files that it is loaded from; a group shares its files. Commands that
 * reach the network are a group of their own, and so are those of the offline half (R15).
 */
const commandTable = {
  name: 'command-table',
  setup(build) {
    build.onResolve({ filter: /^countersign:/ }, ({ path }) => ({ path, namespace: 'command-table' }));
    build.onLoad({ filter: /.*/, namespace: 'command-table' }, ({ path }) => ({
      contents: path === 'countersign:commands' ? tableOfCommands() : groupOfCommands(path),
      resolveDir: root,
      loader: 'js',
    }));
  },
};

function tableOfCommands() {
  const entries = commandFiles().map((file, at) => {
    const words = file.replace(/\.ts$/, '').replaceAll('/', ' ');
    const group = `import(${JSON.stringify(groupOf(file))})`;
    return `  ${JSON.stringify(words)}: async () => ({ default: (await ${group}).command${String(at)} }),`;
  });
  return `export const commands = {\n${entries.join('\n')}\n};\n`;
}

function groupOfCommands(group) {
  return commandFiles()
    .map((file, at) => [file, `export { default as command${String(at)} } from './commands/${file}';\n`])
    .filter(([file]) => groupOf(file) === group)
    .map(([, line]) => line)
    .join('');
}

/** The half that a command imports from; commands that look at a file need little of the program, each its own. */
function groupOf(file) {
  if (file.startsWith('bundle/')) return `countersign:${file}`;
  const half = /^(?:import|\}) .*from '[./]*\/src\/(online|offline)\//m.exec(
    readFileSync(join(root, 'commands', file), 'utf8'),
  );
  return `countersign:${half?.[1] ?? 'both'}`;
}

function commandFiles() {
  return readdirSync(join(root, 'commands'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => file.split(sep).join('/'))
    .sort();
}

function place(path, contents) {
  writeFileSync(`${path}.${String(process.pid)}.tmp`, contents);
  renameSync(`${path}.${String(process.pid)}.tmp`, path);
}

const started = Object.entries(STARTED).filter(([, file]) => existsSync(join(root, file)));
const { outputFiles, metafile } = await esbuild.build({
  absWorkingDir: root,
  entryPoints: {
    main: 'src/main.ts',
    'describe-commands': 'src/terminal/describe-commands.ts',
    ...Object.fromEntries(started),
  },
  outdir,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  chunkNames: '[name]-[hash]',
  external: ['pkcs11js', 'typescript', 'ts-node', 'tsx'],
  plugins: [commandTable, lazyOclif],
  banner: {
    js: "import { createRequire as requireFrom } from 'node:module';\nconst require = requireFrom(import.meta.url);",
  },
  legalComments: 'none',
  logLevel: 'warning',
  metafile: true,
  write: false,
});

// each file appears whole and the old ones go last, so that a program that is running meanwhile finds its parts
mkdirSync(outdir, { recursive: true });
for (const { path, contents } of outputFiles) place(path, contents);
const { describeCommands } = await import(pathToFileURL(join(outdir, 'describe-commands.js')).href);
place(join(outdir, 'commands.json'), `${JSON.stringify(await describeCommands())}\n`);
const current = new Set(['commands.json', ...outputFiles.map(({ path }) => basename(path))]);
for (const file of readdirSync(outdir))
  if (!current.has(file) && !file.endsWith('.tmp')) rmSync(join(outdir, file), { recursive: true });

const outputs = Object.values(metafile.outputs);
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const bytes = outputs.reduce((sum, output) => sum + output.bytes, 0);
process.stdout.write(
  `countersign ${version}: ${String(outputs.length)} files, ${String(Math.round(bytes / 1024))} KiB in ${relative(root, outdir) || outdir}\n`,
);
