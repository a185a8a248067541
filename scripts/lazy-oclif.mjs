import { readFile } from 'node:fs/promises';
import { builtinModules } from 'node:module';

/**
 * oclif is CommonJS that loads everything at the top of each file: help, templates, spinners, colours, plug-in
 * discovery. This esbuild plugin turns each `const x = require('y')` of @oclif/core into an accessor that loads
 * at the first use, so that a command pays for the parser and for nothing else. What is executed is unchanged.
 */
export const lazyOclif = {
  name: 'lazy-oclif',
  setup(build) {
    build.onLoad({ filter: UNREACHED }, () => ({ contents: NOTHING, loader: 'js' }));
    if (!build.initialOptions.entryPoints.help)
      build.onLoad({ filter: HELP }, () => ({ contents: NOTHING, loader: 'js' }));
    build.onLoad({ filter: /[\\/]ux[\\/]supports-color\.js$/ }, () => ({
      contents: NO_COLOUR,
      loader: 'js',
    }));
    build.onLoad({ filter: /[\\/]node_modules[\\/]debug[\\/]src[\\/]index\.js$/ }, () => ({
      contents: NO_DEBUG,
      loader: 'js',
    }));
    build.onLoad({ filter: /[\\/]@oclif[\\/]core[\\/]lib[\\/].*\.js$/ }, async ({ path }) => ({
      contents: makeLazy(withoutMetadata(await readFile(path, 'utf8'))),
      loader: 'js',
    }));
  },
};

/**
 * Parts that discover plug-ins, load TypeScript or draw spinners. src/main.ts knows its commands and makes its own
 * configuration, so none of these is ever called; and a program that cannot load plug-ins cannot be made to.
 */
const UNREACHED =
  /[\\/]@oclif[\\/]core[\\/]lib[\\/](config[\\/](index|config|plugin|plugin-loader|ts-path)|module-loader|execute|main|performance|ux[\\/]action[\\/]\w+)\.js$/;

/** Help is a file of its own, and what runs a command never shows it. */
const HELP = /[\\/]@oclif[\\/]core[\\/]lib[\\/]help[\\/](command|docopts|formatter|index|root)\.js$/;
const NOTHING = 'module.exports = {};';

/** oclif's own debug output is not part of the program. */
const NO_DEBUG =
  'const quiet = () => {}; quiet.enabled = false; quiet.extend = () => quiet; module.exports = () => quiet;';

/** No colour, whatever the environment says. */
const NO_COLOUR = 'exports.supportsColor = () => false;';

/** The cache reads oclif's own package.json from disk, to name its version in debug output: left out. */
function withoutMetadata(source) {
  return source.replace(
    "this.set('@oclif/core', this.getOclifCoreMeta());",
    "this.set('@oclif/core', { name: '@oclif/core', version: '' });",
  );
}

const REQUIRE = /^(?:const|var) (\w+) = (?:(__importDefault|__importStar)\()?require\("([^"]+)"\)\)?;$/gm;
const STAR_EXPORT = /^exports\.(\w+) = __importStar\(require\("([^"]+)"\)\);$/gm;

function makeLazy(source) {
  const names = [];
  let text = source.replace(REQUIRE, (line, name, wrapper, request) => {
    if (builtinModules.includes(request.replace(/^node:/, ''))) return line;
    names.push(name);
    const load = wrapper === undefined ? `require("${request}")` : `${wrapper}(require("${request}"))`;
    return `let @@${name}; function load_@@${name}() { return (@@${name} ??= ${load}); }`;
  });
  text = text.replace(
    STAR_EXPORT,
    (_, name, request) =>
      `Object.defineProperty(exports, "${name}", { enumerable: true, get: () => require("${request}") });`,
  );
  for (const name of names)
    text = text
      .replace(new RegExp(`(?<![\\w@.])${name}(?=[.\\[])`, 'g'), `(load_${name}())`)
      .replaceAll(`@@${name}`, `${name}`);
  return text;
}
