import { spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ESLint } from 'eslint';
import { afterAll, describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

interface Violation {
  readonly rule: { readonly name: string };
  readonly from: string;
  readonly to: string;
}

/** What dependency-cruiser says about src/ and commands/ of a folder, under our rules. */
function violations(folder: string): string[] {
  const program = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
  const config = join(root, '.dependency-cruiser.cjs');
  const result = spawnSync(
    process.execPath,
    [program, '--config', config, '--output-type', 'json', 'src', 'commands'],
    { cwd: folder, encoding: 'utf8', maxBuffer: 1 << 28 },
  );
  if (result.stdout === '') throw new Error(result.stderr);
  const { summary } = JSON.parse(result.stdout) as {
    summary: { violations: Violation[]; totalCruised: number };
  };
  expect(summary.totalCruised).toBeGreaterThan(1);
  return summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`);
}

/** A small project with the given files and our rules. */
function project(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-architecture-'));
  folders.push(folder);
  mkdirSync(join(folder, 'commands'));
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), content);
  }
  cpSync(join(root, 'tsconfig.json'), join(folder, 'tsconfig.json'));
  cpSync(join(root, 'package.json'), join(folder, 'package.json'));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

describe('R15 the import graph', () => {
  test('R15 nothing that the offline half loads reaches the network or the online half; layers, cycles, orphans', () => {
    expect(violations(root)).toEqual([]);
  });

  const network = "import { connect } from 'node:net';\nexport const dial = connect;\n";
  const value = 'export const value = 1;\n';
  const use = (file: string): string => `import { value } from '${file}';\nexport const used = value;\n`;
  test.each<[string, string, Readonly<Record<string, string>>]>([
    ['a socket in the offline half', 'offline-no-network', { 'src/offline/sign.ts': network }],
    [
      'a socket behind shared code',
      'offline-no-network',
      {
        'src/offline/sign.ts': "import { dial } from '../station/dial.ts';\nexport const x = dial;\n",
        'src/station/dial.ts': network,
      },
    ],
    ['a socket in shared code', 'only-online-reaches-network', { 'src/signer/dial.ts': network }],
    [
      'an HTTP client in the offline half',
      'offline-no-network',
      { 'src/offline/sign.ts': "export const load = (): Promise<unknown> => import('node:https');\n" },
    ],
    [
      'online code in the offline half',
      'offline-never-online',
      { 'src/offline/sign.ts': use('../online/post.ts'), 'src/online/post.ts': value },
    ],
    [
      'offline code in the online half',
      'online-never-offline',
      { 'src/online/post.ts': use('../offline/sign.ts'), 'src/offline/sign.ts': value },
    ],
    [
      'a disk in a pure folder',
      'pure',
      { 'src/bundle/read.ts': "export { readFileSync } from 'node:fs';\n" },
    ],
    [
      'a late import of a child process in a pure folder',
      'pure',
      { 'src/policy/rule.ts': "export const x = (): Promise<unknown> => import('node:child_process');\n" },
    ],
    [
      'an arrow that points down',
      'layer-encoding',
      { 'src/encoding/hex.ts': use('../bundle/bundle.ts'), 'src/bundle/bundle.ts': value },
    ],
    [
      'a cycle',
      'no-cycles',
      {
        'src/bundle/a.ts': "import { b } from './b.ts';\nexport const a = (): unknown => b;\n",
        'src/bundle/b.ts': "import { a } from './a.ts';\nexport const b = (): unknown => a;\n",
      },
    ],
    [
      'an orphan',
      'no-orphans',
      { 'src/bundle/a.ts': value, 'src/bundle/b.ts': use('../encoding/c.ts'), 'src/encoding/c.ts': value },
    ],
    ['a module that is not there', 'resolvable', { 'src/bundle/a.ts': use('./gone.ts') }],
  ])('R15 %s is caught', (_, rule, files) => {
    expect(violations(project({ 'src/main.ts': value, ...files })).join('\n')).toContain(`${rule}: `);
  });
});

describe('R15 what is built', () => {
  const naming = (pattern: RegExp): string[] =>
    readdirSync(join(root, 'dist')).filter(
      (file) => file.endsWith('.js') && pattern.test(readFileSync(join(root, 'dist', file), 'utf8')),
    );

  test("R15 only the online half, and doctor, which asks first which half this is, name node's network modules", () => {
    expect(
      naming(
        /\b(?:require|import)\(["'](?:node:)?(?:net|tls|https?|http2|dns|dns\/promises|dgram|inspector|cluster)["']\)/,
      ),
    ).toEqual(['doctor.js', 'online.js']);
  });

  test('R15 nothing is loaded by a name that is made up at run time', () => {
    expect(naming(/\b(?:require|import)\((?!["'])[^)]/)).toEqual([]);
  });
});

describe('pure folders take what they need as arguments', () => {
  test.each([
    'export const now = (): number => Date.now();\n',
    'export const now = (): Date => new Date();\n',
    'export const dice = (): number => Math.random();\n',
    "export const home = (): string | undefined => process.env['HOME'];\n",
    "import { randomBytes } from 'node:crypto';\nexport const nonce = (): Buffer => randomBytes(8);\n",
    "import { readFileSync } from 'node:fs';\nexport const read = readFileSync;\n",
    "export const late = (): Promise<unknown> => import('node:fs');\n",
    'export const wait = (go: () => void): unknown => setTimeout(go, 1);\n',
  ])('%j is caught', async (source) => {
    const lint = new ESLint({ cwd: root, overrideConfigFile: join(root, 'eslint.config.js') });
    // an existing file name, because the type-aware rules ask for one that is part of the project
    const [result] = await lint.lintText(source, { filePath: join(root, 'src/encoding/hash.ts') });
    expect(result?.messages.map(({ ruleId }) => ruleId).join(' ')).toMatch(/no-restricted-(syntax|imports)/);
  });
});

describe('the size of files', () => {
  test('no source file has more than 250 lines', () => {
    const files = ['src', 'commands'].flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
        .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'))
        .map((file) => join(folder, file)),
    );
    const long = files.filter((file) => readFileSync(join(root, file), 'utf8').split('\n').length > 251);
    expect(files.length).toBeGreaterThan(10);
    expect(long).toEqual([]);
  });
});
