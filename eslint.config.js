import js from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

const PURE = ['encoding', 'metadata', 'change', 'bundle', 'exchange', 'review', 'policy'].map(
  (folder) => `src/${folder}/**/*.ts`,
);

/** Modules of Node that a pure folder may import: hashing and verifying, bytes, and types. */
const IMPURE_MODULES = {
  group: ['node:*', '!node:crypto', '!node:buffer'],
  message: 'a pure folder has no disk, clock, network, process or environment (docs/design)',
};

/** Calls that are not a function of their arguments. */
const IMPURE_SYNTAX = [
  ['MemberExpression[object.name="Date"][property.name="now"]', 'take `now` as an argument'],
  ['NewExpression[callee.name="Date"][arguments.length=0]', 'take `now` as an argument'],
  ['CallExpression[callee.name="Date"]', 'take `now` as an argument'],
  ['MemberExpression[object.name="Math"][property.name="random"]', 'randomness is passed in'],
  ['MemberExpression[object.name="performance"]', 'take `now` as an argument'],
  ['Identifier[name="process"]', 'a pure folder knows no process and no environment'],
  [
    'Identifier[name=/^(fetch|setTimeout|setInterval|setImmediate|queueMicrotask)$/]',
    'a pure folder does not wait',
  ],
  [
    'Identifier[name=/^(randomBytes|randomInt|randomUUID|randomFillSync|getRandomValues|generateKeyPairSync|generateKeyPair)$/]',
    'randomness is passed in',
  ],
  ['ImportExpression[source.value=/^node:(?!crypto$|buffer$)/]', 'a pure folder imports no such module'],
].map(([selector, message]) => ({ selector, message }));

export default defineConfig(
  globalIgnores(['dist/', 'coverage/', 'src/encoding/schema/generated.*', 'test/vectors/']),
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['vitest.config.ts'] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      // tsc's noPropertyAccessFromIndexSignature style: environment and header names are strings, written as such
      '@typescript-eslint/dot-notation': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: false }],
      // `as T` where an index is known to be inside, because `!` is forbidden
      '@typescript-eslint/non-nullable-type-assertion-style': 'off',
      // formats and terminals are about control characters
      'no-control-regex': 'off',
      '@typescript-eslint/only-throw-error': 'error',
      eqeqeq: 'error',
      'no-console': 'error',
      'no-restricted-globals': ['error', 'require'],
    },
  },
  {
    files: PURE,
    rules: {
      'no-restricted-imports': ['error', { patterns: [IMPURE_MODULES] }],
      'no-restricted-syntax': ['error', ...IMPURE_SYNTAX],
    },
  },
  {
    files: ['test/**/*.ts', 'bench/**/*.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-confusing-void-expression': 'off',
      'no-console': 'off',
    },
  },
  {
    files: ['**/*.mjs', '**/*.cjs', '*.js'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        URL: 'readonly',
        Buffer: 'readonly',
        module: 'writable',
        performance: 'readonly',
        setTimeout: 'readonly',
      },
    },
  },
);
