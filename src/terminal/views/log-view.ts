import type { LedgerLine } from '../../station/ledger/ledger-chain.ts';
import { escapeCut } from '../escape.ts';
import { wrapBehind } from './wrap.ts';

/** Members that would fill the screen: they are in `--json`. */
const LONG = new Set(['public', 'value', 'signature', 'attributes', 'location', 'random']);

/** Lines of the ledger as people read them: when, what, and the facts in short. */
export function logLines(lines: readonly LedgerLine[], unknown: ReadonlySet<number>): string[] {
  return lines.flatMap(({ line, time, event, data }) => {
    const facts = Object.entries(data)
      .filter(([name, value]) => !LONG.has(name) && value !== null)
      .map(([name, value]) => `${name} ${shortened(value)}`);
    const doubt = unknown.has(line) ? ['intent without outcome: unknown'] : [];
    return wrapBehind(
      `${String(line).padStart(6)} ${time} ${event.padEnd(9)} `,
      [...doubt, ...facts].join(', '),
    );
  });
}

function shortened(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return escapeCut(/^[0-9a-f]{64}$/.test(text) ? text.slice(0, 16) : text, 80);
}
