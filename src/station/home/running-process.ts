import { readFileSync, readlinkSync } from 'node:fs';

/** Names one process for all time: a pid alone is soon given to another. */
export interface RunningProcess {
  readonly pid: number;
  /** Start in clock ticks (/proc/PID/stat field 22), so that a reused pid is not taken for it. */
  readonly start: string;
  /** Of this boot of the machine; a process of another boot is gone. */
  readonly boot: string;
  /** PID namespace: the pid means nothing in another container. */
  readonly namespace: string;
}

/** The process that runs this. */
export function thisProcess(): RunningProcess {
  return runningProcess(process.pid);
}

/** The process that has this id now, a child that was just started. */
export function runningProcess(pid: number): RunningProcess {
  return {
    pid,
    start: startOf(pid) ?? '',
    boot: bootId(),
    namespace: pidNamespace(),
  };
}

/** Whether the process still runs; one in another container cannot be judged and counts as running. */
export function isRunning({ pid, start, boot, namespace }: RunningProcess): boolean {
  if (boot !== bootId()) return false;
  return namespace !== pidNamespace() || startOf(pid) === start;
}

/** A process in a file's name; {@link processNamed} reads it. */
export function nameOfProcess({ pid, start, boot, namespace }: RunningProcess): string {
  return [String(pid), start, boot, namespace].join(' ');
}

export function processNamed(name: string): RunningProcess {
  const [pid = '', start = '', boot = '', namespace = ''] = name.split(' ');
  return { pid: Number(pid), start, boot, namespace };
}

function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}

function pidNamespace(): string {
  return readlinkSync('/proc/self/ns/pid');
}

/** Start of a process; null if there is none, or only what its parent has not yet collected. */
function startOf(pid: number): string | null {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
  } catch {
    return null;
  }
  // The command name in brackets may hold spaces and brackets: fields are counted after its last one.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' || fields[0] === 'X' ? null : (fields[19] ?? null);
}
