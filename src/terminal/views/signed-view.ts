import type { SignedFile } from '../../offline/respond.ts';
import type { SignResult } from '../../offline/sign.ts';
import { digestLines } from './digest-block.ts';
import { escapeCut, showPath } from '../escape.ts';
import { trackerLines } from './tracker-view.ts';
import { readBackLine } from '../written-file.ts';

/** What a signing did, and the ledger's head for the paper. */
export function signedLines(result: SignResult): string[] {
  const { signatures, repositories, times } = result;
  const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)} s`;
  return [
    result.resumed
      ? 'this request was signed before: its answer is written again, unchanged'
      : `signed: ${String(signatures)} signatures for ${String(repositories)} ${repositories === 1 ? 'repository' : 'repositories'}`,
    ...(result.resumed
      ? []
      : [`  in the keys ${seconds(times.token)}, checked a second time ${seconds(times.secondCheck)}`]),
    ...openLines(result),
    ...answerLines(result),
  ];
}

/** Where more stations must sign, the tracker of each repository that is open. */
function openLines({ tracker }: SignResult): string[] {
  const open = tracker.filter((repository) => repository.open);
  if (open.length === 0) return [];
  return [
    ...open
      .slice(0, SHOWN)
      .flatMap(({ name, roles }) => [
        escapeCut(name, 200),
        ...trackerLines(roles).map((line) => `  ${line}`),
      ]),
    ...(open.length > SHOWN ? [`... and ${String(open.length - SHOWN)} more repositories`] : []),
    'More signatures are needed: take the request and this response to the next station.',
    '',
  ];
}

/** Repositories whose tracker is shown. */
const SHOWN = 8;

/** The file that was written, its digest, and the ledger's head (M9). */
export function answerLines(file: SignedFile): string[] {
  return [
    `wrote ${showPath(file.out)}`,
    ...readBackLine(file.readBack, file.out),
    '',
    ...digestLines('response', file.response),
    '',
    `write down: ledger line ${String(file.head.line)}`,
    ...digestLines('ledger head', file.head.hash),
  ];
}
