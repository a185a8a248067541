import type { Finding } from '../station/doctor.ts';
import { openWays } from './air-gap.ts';

/** What only the offline half looks at: nothing leads off this machine. */
export function offlineFindings(): Finding[] {
  const open = openWays();
  if (open.length === 0)
    return [{ check: 'AIR-GAP', ok: true, detail: 'no way off this machine was found', hint: null }];
  return open.map(({ kind, name, detail }) => ({
    check: `AIR-GAP ${kind} ${name}`,
    ok: false,
    detail,
    hint: 'unplug or switch it off; this looks for mistakes and proves nothing',
  }));
}
