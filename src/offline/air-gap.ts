import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Ways off this machine that are open now. A tripwire against mistakes, no proof of a gap. */
export interface OpenWay {
  readonly kind: 'interface' | 'route' | 'wireless' | 'bluetooth';
  readonly name: string;
  readonly detail: string;
}

/**
 * Looks for interfaces that are up with a carrier, routes, and radios that are not blocked, as Linux shows them in
 * /proc and /sys below `root`. Interfaces and routes are those of this process's network namespace.
 */
export function openWays(root = '/'): OpenWay[] {
  const names = interfaceNames(read(root, 'proc/self/net/dev'));
  return [
    ...names.filter((name) => isUp(root, name)).map((name) => way('interface', name, 'up, with a carrier')),
    ...names
      .filter((name) => existsSync(join(root, 'sys/class/net', name, 'wireless')))
      .map((name) => way('wireless', name, 'a wireless interface')),
    ...ways(
      routes(read(root, 'proc/self/net/route'))
        .slice(1)
        .map(([name]) => name),
    ),
    ...ways(
      routes(read(root, 'proc/self/net/ipv6_route'))
        .filter((columns) => /[^0]/.test(columns[IPV6_GATEWAY] ?? '0'))
        .map((columns) => columns.at(-1)),
    ),
    ...radios(root),
  ];
}

function way(kind: OpenWay['kind'], name: string, detail: string): OpenWay {
  return { kind, name, detail };
}

function interfaceNames(dev: string): string[] {
  const names = dev.split('\n').map((line) => /^\s*([^\s:]+):/.exec(line)?.[1]);
  return names.filter((name): name is string => name !== undefined && name !== 'lo');
}

function isUp(root: string, name: string): boolean {
  // carrier cannot be read while an interface is down; a folder that is missing is another namespace's
  return read(root, `sys/class/net/${name}/carrier`).trim() === '1';
}

/** Column of the gateway in /proc/net/ipv6_route; link-local and multicast routes have none. */
const IPV6_GATEWAY = 4;

/** The lines of a routing table, in columns. */
function routes(table: string): string[][] {
  return table
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => line.trim().split(/\s+/));
}

/** One way for each interface that a route leads through; `lo` leads nowhere. */
function ways(through: readonly (string | undefined)[]): OpenWay[] {
  const names = new Set(through.filter((name): name is string => name !== undefined && name !== 'lo'));
  return [...names].map((name) => way('route', name, 'a route leads off this machine'));
}

/** Radios that rfkill knows and that neither software nor a switch blocks. */
function radios(root: string): OpenWay[] {
  return list(root, 'sys/class/rfkill').flatMap((name) => {
    const value = (file: string): string => read(root, `sys/class/rfkill/${name}/${file}`).trim();
    if (value('soft') === '1' || value('hard') === '1') return [];
    const kind = value('type') === 'bluetooth' ? 'bluetooth' : 'wireless';
    return [way(kind, value('name') === '' ? name : value('name'), 'a radio that is not blocked')];
  });
}

function read(root: string, file: string): string {
  try {
    return readFileSync(join(root, file), 'utf8');
  } catch {
    return '';
  }
}

function list(root: string, folder: string): string[] {
  try {
    return readdirSync(join(root, folder)).sort();
  } catch {
    return [];
  }
}
