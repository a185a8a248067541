import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Start-up time against `node -e 0`: interleaved rounds, so that a busy moment of the machine meets all alike;
 * medians. `node bench/startup.mjs [--json] [BUNDLE]` (a bundle or card; without one, a command that refuses).
 */
const ROUNDS = 20;
const PROGRAM = fileURLToPath(new URL('../bin/countersign', import.meta.url));

const words = process.argv.slice(2);
const json = words.includes('--json');
const file = words.find((word) => !word.startsWith('--'));
const home = mkdtempSync(join(tmpdir(), 'countersign-bench-'));
const environment = { PATH: process.env.PATH, HOME: home, COUNTERSIGN_HOME: join(home, 'station') };

const subjects = [
  { name: 'node -e 0', args: ['-e', '0'] },
  { name: 'countersign --version', args: [PROGRAM, '--version'], limit: 3 },
  { name: 'countersign --help', args: [PROGRAM, '--help'] },
  file === undefined
    ? {
        name: 'countersign bundle digest (no such file)',
        args: [PROGRAM, 'bundle', 'digest', '/nonexistent'],
      }
    : { name: 'countersign bundle digest FILE', args: [PROGRAM, 'bundle', 'digest', file], limit: 4 },
];

const times = subjects.map(() => []);
for (let round = -2; round < ROUNDS; round++)
  for (const [at, { args }] of subjects.entries()) {
    const begin = process.hrtime.bigint();
    spawnSync(process.execPath, args, { stdio: 'ignore', env: environment });
    if (round >= 0) times[at].push(Number(process.hrtime.bigint() - begin) / 1e6);
  }
rmSync(home, { recursive: true });

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const base = median(times[0]);
const rows = subjects.map(({ name, limit }, at) => {
  const milliseconds = median(times[at]);
  return {
    name,
    milliseconds: Number(milliseconds.toFixed(1)),
    ratio: Number((milliseconds / base).toFixed(2)),
    limit,
  };
});

if (json) process.stdout.write(`${JSON.stringify({ rounds: ROUNDS, rows }, null, 2)}\n`);
else
  for (const { name, milliseconds, ratio, limit } of rows)
    process.stdout.write(
      `${name.padEnd(42)} ${milliseconds.toFixed(1).padStart(7)} ms ${ratio.toFixed(2).padStart(6)}x${limit === undefined ? '' : `  (at most ${String(limit)}x)`}\n`,
    );
if (rows.some(({ ratio, limit }) => limit !== undefined && ratio > limit)) process.exitCode = 4;
