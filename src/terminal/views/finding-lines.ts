import type { Finding } from '../../station/doctor.ts';
import { escapeCut } from '../escape.ts';
import { wrapBehind } from './wrap.ts';

/** Findings of `doctor`, one a paragraph: a mark, what was looked at, what was seen, what to do. */
export function findingLines(findings: readonly Finding[]): string[] {
  const bad = findings.filter(({ ok }) => !ok).length;
  return [
    ...findings.flatMap(({ check, ok, detail, hint }) => [
      ...wrapBehind(ok ? 'ok    ' : 'WRONG ', `${escapeCut(check)}: ${escapeCut(detail, 400)}`),
      ...(hint === null ? [] : wrapBehind('      next: ', escapeCut(hint, 400))),
    ]),
    bad === 0 ? 'all is well' : `${String(bad)} of ${String(findings.length)} are wrong`,
  ];
}
