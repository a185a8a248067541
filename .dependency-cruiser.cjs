/**
 * The layers of src/, proved on the import graph: an arrow points only upwards in LAYERS, the pure folders reach
 * nothing but values, and the offline half reaches no network (R15).
 */
const PURE = ['encoding', 'metadata', 'change', 'bundle', 'exchange', 'review', 'policy'];
const LAYERS = [...PURE, 'signer', 'station', 'online', 'offline', 'terminal'];
const NETWORK = '^(node:)?(net|tls|http|https|http2|dns|dgram|dns/promises)$';
const NETWORK_PACKAGES = 'node_modules/(undici|ws|got|axios|node-fetch)/';
const IMPURE =
  '^(node:)?(fs|fs/promises|net|tls|http|https|http2|dns|dgram|child_process|cluster|os|worker_threads|process|tty|readline|readline/promises|timers|timers/promises|perf_hooks|vm|inspector|repl|v8|async_hooks)$';

/** Commands of the offline half alone, and those of both halves that never need the network. */
const OFFLINE_COMMANDS = [
  'review',
  'sign',
  'refuse',
  'combine',
  'resend',
  'ceremony/.*',
  'clock/.*',
  'station/.*',
  'bundle/.*',
  'key/(?!rotate|renew).*',
  'token/.*',
  'log/.*',
];

const layer = (name) => `^src/${name}/`;

/** From each layer, the layers below it in the list are out of reach. */
const upwards = LAYERS.slice(0, -1).map((name, at) => ({
  name: `layer-${name}`,
  comment: `src/${name} imports only itself and what stands before it in the list of layers`,
  severity: 'error',
  from: { path: layer(name) },
  to: { path: `^src/(${LAYERS.slice(at + 1).join('|')}|main)` },
}));

module.exports = {
  forbidden: [
    ...upwards,
    {
      name: 'offline-never-online',
      comment: 'the two halves never import each other',
      severity: 'error',
      from: { path: layer('offline') },
      to: { path: layer('online'), reachable: true },
    },
    {
      name: 'online-never-offline',
      comment: 'the two halves never import each other',
      severity: 'error',
      from: { path: layer('online') },
      to: { path: layer('offline'), reachable: true },
    },
    {
      name: 'offline-no-network',
      comment: 'R15: nothing that the offline half loads can reach the network',
      severity: 'error',
      from: { path: layer('offline') },
      to: { path: `${NETWORK}|${NETWORK_PACKAGES}`, reachable: true },
    },
    {
      name: 'only-online-reaches-network',
      comment: 'R15: only src/online imports network modules',
      severity: 'error',
      from: { path: '^(src|commands)/', pathNot: layer('online') },
      to: { path: `${NETWORK}|${NETWORK_PACKAGES}` },
    },
    {
      name: 'shared-code-never-halves',
      comment: 'R15: what both halves share does not load a half',
      severity: 'error',
      from: { path: `^src/(${[...PURE, 'signer', 'station'].join('|')})/` },
      to: { path: '^src/(online|offline)/' },
    },
    {
      name: 'terminal-never-online',
      comment: 'R15: the offline half shows itself through src/terminal too',
      severity: 'error',
      from: { path: layer('terminal') },
      to: { path: layer('online'), dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'offline-commands-never-online',
      comment: 'R15: an offline command loads nothing that can reach the network',
      severity: 'error',
      from: { path: `^commands/(${OFFLINE_COMMANDS.join('|')})\\.ts$` },
      to: { path: `${layer('online')}|${NETWORK}|${NETWORK_PACKAGES}`, reachable: true },
    },
    {
      name: 'pure',
      comment: 'bytes, values and a `now` in, values out or a throw',
      severity: 'error',
      from: { path: `^src/(${PURE.join('|')})/` },
      to: { path: `${IMPURE}|node_modules/(pkcs11js|@oclif|@inquirer)/` },
    },
    {
      name: 'native-only-in-signer',
      comment: 'one typed wrapper around the PKCS#11 addon',
      severity: 'error',
      from: { path: '^(src|commands)/', pathNot: layer('signer') },
      to: { path: 'node_modules/pkcs11js/' },
    },
    {
      name: 'commands-only-start',
      comment: 'nothing imports a command',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^commands/' },
    },
    { name: 'no-cycles', severity: 'error', from: { path: '^(src|commands)/' }, to: { circular: true } },
    {
      name: 'no-orphans',
      comment: 'a file that nothing imports and that imports nothing',
      severity: 'error',
      from: { orphan: true, path: '^src/', pathNot: '\\.d\\.ts$' },
      to: {},
    },
    {
      name: 'resolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '/command-(classes|files)\\.js$' },
    },
    {
      name: 'no-development-packages',
      comment: 'the program runs without development dependencies',
      severity: 'error',
      from: { path: '^(src|commands)/' },
      to: { dependencyTypes: ['npm-dev'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      extensions: ['.ts', '.mjs', '.cjs', '.js', '.json'],
    },
  },
};
