import { spawn, type ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { build } from 'esbuild';
import { scratchFolder, tied } from '../peers/process.ts';

let built: Promise<string> | null = null;

/** station-probe.ts as one file that plain Node runs. */
async function program(): Promise<string> {
  const outfile = join(scratchFolder('probe'), 'probe.mjs');
  await build({
    entryPoints: [join(import.meta.dirname, 'station-probe.ts')],
    ...{ outfile, bundle: true, platform: 'node', format: 'esm', packages: 'external' },
  });
  return outfile;
}

export interface Probe {
  readonly child: ChildProcess;
  readonly pid: number;
  /** What it said so far, whole lines. */
  said(): readonly string[];
  /** Waits until it says its first line. */
  readonly speaks: Promise<void>;
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null; stderr: string }>;
  kill(): Promise<void>;
}

/**
 * Starts the probe; it ends by itself, by its `kill`, or with the test process: one that appends without a pause and
 * outlives its test fills the disk.
 */
export async function startProbe(...args: readonly string[]): Promise<Probe> {
  built ??= program();
  const child = spawn(...tied(process.execPath, [await built, ...args]), {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let stderr = '';
  const speaks = new Promise<void>((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
      resolve();
    });
    child.once('close', () => {
      resolve();
    });
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = new Promise<{ code: number | null; signal: string | null; stderr: string }>(
    (resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => {
        resolve({ code, signal, stderr });
      });
    },
  );
  return {
    child,
    pid: child.pid ?? -1,
    said: () => out.split('\n').slice(0, -1),
    speaks,
    ended,
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** Lets a probe work until its first word, and kills it a random part of `within` milliseconds later. */
export async function killAtRandom(within: number, ...args: readonly string[]): Promise<readonly string[]> {
  const probe = await startProbe(...args);
  await probe.speaks;
  return killSoon(probe, within);
}

/** Kills a probe a random part of `within` milliseconds after its start, whatever it was doing. */
export async function killFromStart(within: number, ...args: readonly string[]): Promise<readonly string[]> {
  return killSoon(await startProbe(...args), within);
}

async function killSoon(probe: Probe, within: number): Promise<readonly string[]> {
  const timer = setTimeout(() => probe.child.kill('SIGKILL'), randomInt(within));
  const { code, stderr } = await probe.ended;
  clearTimeout(timer);
  if (code !== null && code !== 0) throw new Error(`the probe failed: ${stderr}`);
  return probe.said();
}
