import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { openWays } from '../../src/offline/air-gap.ts';

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

/** A machine's /proc and /sys. */
function machine(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), 'countersign-gap-'));
  folders.push(root);
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), content);
  }
  return root;
}

const DEV = 'Inter-|   Receive\n face |bytes\n    lo: 1 2 3\n';
const ROUTE = 'Iface\tDestination\tGateway\n';
const LOOPBACK6 = `${'0'.repeat(31)}1 80 ${'0'.repeat(32)} 00 ${'0'.repeat(32)} 00000000 00000001 00000000 80200001       lo\n`;

describe('R15 the air gap', () => {
  test('a machine with a loopback interface and nothing else is closed', () => {
    expect(
      openWays(
        machine({
          'proc/self/net/dev': DEV,
          'proc/self/net/route': ROUTE,
          'proc/self/net/ipv6_route': LOOPBACK6,
        }),
      ),
    ).toEqual([]);
  });

  test('an interface that is down, and blocked radios, are closed', () => {
    const root = machine({
      'proc/self/net/dev': `${DEV}  eth0: 0\n`,
      'sys/class/net/eth0/carrier': '0\n',
      'sys/class/rfkill/rfkill0/type': 'bluetooth\n',
      'sys/class/rfkill/rfkill0/soft': '1\n',
      'sys/class/rfkill/rfkill0/hard': '0\n',
    });
    expect(openWays(root)).toEqual([]);
  });

  test.each<[string, Record<string, string>, string]>([
    [
      'a cable',
      { 'proc/self/net/dev': `${DEV}  eth0: 0\n`, 'sys/class/net/eth0/carrier': '1\n' },
      'interface eth0',
    ],
    ['a route', { 'proc/self/net/route': `${ROUTE}eth0\t00000000\t0100000A\n` }, 'route eth0'],
    [
      'an IPv6 gateway',
      {
        'proc/self/net/ipv6_route': `${'0'.repeat(32)} 00 ${'0'.repeat(32)} 00 fe80${'0'.repeat(27)}1 00000400 00000001 00000000 00000003     eth1\n`,
      },
      'route eth1',
    ],
    [
      'a wireless interface that is down',
      { 'proc/self/net/dev': `${DEV} wlan0: 0\n`, 'sys/class/net/wlan0/wireless/status': '0\n' },
      'wireless wlan0',
    ],
    [
      'bluetooth',
      {
        'sys/class/rfkill/rfkill1/type': 'bluetooth\n',
        'sys/class/rfkill/rfkill1/name': 'hci0\n',
        'sys/class/rfkill/rfkill1/soft': '0\n',
        'sys/class/rfkill/rfkill1/hard': '0\n',
      },
      'bluetooth hci0',
    ],
  ])('%s is found', (_, files, found) => {
    expect(openWays(machine(files)).map(({ kind, name }) => `${kind} ${name}`)).toEqual([found]);
  });

  test('this machine, looked at from a namespace without a network, is closed', () => {
    const names = spawnSync('unshare', ['-rn', 'cat', '/proc/self/net/dev', '/proc/self/net/route'], {
      encoding: 'utf8',
    });
    expect(names.status, names.stderr).toBe(0);
    expect(openWays(machine({ 'proc/self/net/dev': names.stdout }))).toEqual([]);
  });
});
