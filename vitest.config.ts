import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/global-setup.ts'],
    reporters: process.env['VITEST_REPORTER'] === 'totals' ? ['default', './test/reporter.ts'] : ['default'],
    // real servers, tokens and terminals: a process a worker, as many as the smallest machine we promise has cores
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    env: { TZ: 'UTC' },
  },
});
