import { closeSync, openSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { createDurably, replaceDurably } from '../../src/station/files/durable.ts';
import { initHome, openHome } from '../../src/station/home/home.ts';
import { takeLock } from '../../src/station/home/lock.ts';

// Run as a program of its own, to be killed or to meet others. What it says on stdout it has done.
const [verb = '', place = '', ...rest] = process.argv.slice(2);
const say = (text: string): boolean => process.stdout.write(`${text}\n`);
const verbs: Readonly<Record<string, () => Promise<void> | void>> = {
  /** Takes the lock and keeps it. */
  async hold() {
    await takeLock(place);
    say('held');
    await wait(600_000);
  },
  /** Takes the lock again and again; two holders at once would meet at the file `alone`. Some die holding it. */
  async contend() {
    const [rounds = '1', dying = 'no'] = rest;
    for (let round = 1; round <= Number(rounds); round++) {
      const release = await takeLock(place);
      const alone = join(place, 'alone');
      closeSync(openSync(alone, 'wx'));
      await wait(2);
      unlinkSync(alone);
      say(`round ${String(round)}`);
      if (dying === 'dying' && round === Number(rounds)) process.kill(process.pid, 'SIGKILL');
      release();
    }
  },
  /** Writes number after number into one file, each many times over. */
  replace() {
    for (let number = 1; ; number++) {
      replaceDurably(place, Buffer.from(`${String(number)}\n`.repeat(20_000)));
      say(String(number));
    }
  },
  /** Makes file after file, each named after its number. */
  create() {
    for (let number = 1; ; number++) {
      createDurably(join(place, String(number)), Buffer.from(`${String(number)}\n`.repeat(20_000)));
      say(String(number));
    }
  },
  /** Records batch after batch of three lines, with a pause (milliseconds) where others are to read beside it. */
  async append() {
    const [pause = '0'] = rest;
    const home = await openHome(place, { write: true });
    const text = 'x'.repeat(20_000);
    for (let number = home.ledger.head().line; ; number++) {
      home.ledger.append([1, 2, 3].map((part) => ({ event: 'test', data: { number, part, text } })));
      say(JSON.stringify(home.ledger.head()));
      if (pause !== '0') await wait(Number(pause));
    }
  },
  async init() {
    await initHome(place, { name: 'vault', side: 'offline', environment: 'production' });
    say('made');
  },
};
await verbs[verb]?.();
