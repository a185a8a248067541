import type { RemovalPlan } from '../../station/keys/remove-key.ts';
import { escapeCut } from '../escape.ts';
import { keyLines } from './key-view.ts';
import { wrapBehind } from './wrap.ts';

const MOST = 20;

/** What an officer reads before a key is destroyed. */
export function removalLines({ key, repositories }: RemovalPlan): string[] {
  const names = repositories.map((name) => name.slice(name.indexOf(':') + 1));
  const shown = names.slice(0, MOST).map((name) => `     ${escapeCut(name, 90)}`);
  const more = names.length - shown.length;
  return [
    ...keyLines([key]),
    '',
    ...(names.length === 0
      ? ['this station knows no repository that the key serves']
      : wrapBehind('!! ', 'it serves these repositories, which it can never sign for again:')),
    ...shown,
    ...(more > 0 ? [`     and ${String(more)} more`] : []),
  ];
}
