import type { Anomaly } from './anomaly.ts';
import type { RoleDifference } from './difference.ts';
import { kindOf, TARGET_KINDS, type TargetChange, type TargetKind } from './target-change.ts';

/** What is said of a change that must not drown among additions. */
const TEXTS: Readonly<Partial<Record<TargetKind, string>>> = {
  shrunken: 'moved and shrunken',
  longer: 'moved and vastly longer',
  removed: 'removed',
  moved: 'moved to another content',
  custom: 'other custom data',
};

/** Targets that go, or that get another content or other custom data. */
export function targetAnomalies(repository: string, { role, targets }: RoleDifference): Anomaly[] {
  return targets.flatMap((change) => {
    const kind = kindOf(change);
    const text = TEXTS[kind];
    if (text === undefined) return [];
    return [
      {
        id: `TARGET:${repository}:${role}:${change.name}`,
        typed: false,
        order: TARGET_KINDS.indexOf(kind) + 1,
        text: `${text}${sizes(kind, change)}: ${change.name}`,
      },
    ];
  });
}

function sizes(kind: TargetKind, { before, after }: TargetChange): string {
  if (kind !== 'shrunken' && kind !== 'longer') return '';
  return ` (${String(before?.length)} to ${String(after?.length)} bytes)`;
}
