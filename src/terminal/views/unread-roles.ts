import type { UnreadRole } from '../../online/reading/read.ts';
import { escapeCut } from '../escape.ts';
import { writeText } from '../sink.ts';
import { wrapBehind } from './wrap.ts';

/** Says on stderr which delegated roles were passed over, a warning each. */
export function warnOfUnreadRoles(repository: string, roles: readonly UnreadRole[]): void {
  const lines = roles.flatMap(({ role, check, message }) =>
    wrapBehind(
      `warning [${check}]: `,
      escapeCut(`${role} of ${repository} is passed over, and every role below it: ${message}`, 600),
    ),
  );
  if (lines.length > 0) writeText(process.stderr, lines.join('\n'));
}
