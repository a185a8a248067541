import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/**
 * The modules that src/terminal/command-*.d.ts declare, and `countersign:file/GROUP` for each file of commands, from the
 * files in commands/.
 */
export const commandModules = {
  name: 'command-modules',
  setup(build) {
    build.onResolve({ filter: /^countersign:|\/command-(files|classes)\.js$/ }, ({ path }) => ({
      path: basename(path, '.js'),
      namespace: 'command-modules',
    }));
    build.onResolve({ filter: /^\.\/[\w-]+\.js$/, namespace: 'command-modules' }, ({ path }) => ({
      path,
      external: true,
    }));
    build.onLoad({ filter: /.*/, namespace: 'command-modules' }, ({ path }) => ({
      contents: moduleNamed(path),
      resolveDir: root,
      loader: 'js',
    }));
  },
};

function moduleNamed(name) {
  if (name === 'command-files') return tableOfFiles();
  if (name === 'command-classes') return importsOf(commandFiles(), 'export const commands');
  const files = commandFiles().filter((file) => groupOf(file) === name);
  return [
    importsOf(files, 'const commands'),
    "import { startCommand } from './src/terminal/start-command.ts';",
    'export const start = (id, rest, argv) => startCommand(commands[id], id, rest, argv);',
  ].join('\n');
}

function tableOfFiles() {
  const entries = commandFiles().map(
    (file) => `  ${JSON.stringify(wordsOf(file))}: () => require('./${groupOf(file)}.js'),`,
  );
  return `exports.help = () => require('./help.js');\nexports.commands = {\n${entries.join('\n')}\n};\n`;
}

function importsOf(files, declaration) {
  const imports = files.map((file, at) => `import command${String(at)} from './commands/${file}';`);
  const members = files.map((file, at) => `  ${JSON.stringify(wordsOf(file))}: command${String(at)},`);
  return [...imports, `${declaration} = {`, ...members, '};'].join('\n');
}

function wordsOf(file) {
  return file.replace(/\.ts$/, '').replaceAll('/', ' ');
}

/**
 * The half that a command imports from: what reaches the network is in a file of its own, and so is the offline half
 * (R15). Commands that look at a file need little of the program, and one that asks which half this is before it loads
 * it is alone with both: these are each their own.
 */
function groupOf(file) {
  const text = readFileSync(join(root, 'commands', file), 'utf8');
  if (file.startsWith('bundle/') || /import\('[./]*\/src\/online\//.test(text))
    return wordsOf(file).replaceAll(' ', '-');
  return /^(?:import|\}) .*from '[./]*\/src\/(online|offline)\//m.exec(text)?.[1] ?? 'both';
}

/** The files of dist/ that hold commands, as esbuild takes them. */
export function commandFileEntries() {
  const groups = new Set(commandFiles().map(groupOf));
  return Object.fromEntries([...groups].map((group) => [group, `countersign:file/${group}`]));
}

function commandFiles() {
  return readdirSync(join(root, 'commands'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => file.split(sep).join('/'))
    .sort();
}
