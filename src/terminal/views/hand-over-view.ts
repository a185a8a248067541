import type { HandedOver } from '../../online/publishing/hand-over.ts';
import { escapeCut, showPath } from '../escape.ts';
import { trackerLines } from './tracker-view.ts';

/** Which files were written for whoever runs the repository, and which signatures they still need. */
export function handedOverLines({ name, state, files, signatures, reason }: HandedOver): string[] {
  return [
    `${escapeCut(name, 200)}: ${state}${reason === null ? '' : ` (${escapeCut(reason, 60)})`}`,
    ...files.map(({ file }) => `  wrote ${showPath(file)}`),
    ...trackerLines(signatures).map((line) => `  ${line}`),
    ...(state === 'refused' ? [] : ['nothing was published: hand the files to whoever runs the repository']),
  ];
}
