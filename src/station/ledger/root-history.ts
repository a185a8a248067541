import { exchangeEvent, type RecordedEvent } from './events.ts';

/** A root that this station verified and keeps. */
export interface KeptRoot {
  readonly version: number;
  /** SHA-256 of the signed bytes, hex. */
  readonly sha256: string;
  /** SHA-256 of the file, its name in the archive. */
  readonly file: string;
}

/**
 * The roots of a repository that this station verified, the oldest first. A root that is not newer than the last one
 * began another chain: the repository was started anew.
 */
export function foldRoots(lines: Iterable<RecordedEvent>, repository: string): readonly KeptRoot[] {
  const roots: KeptRoot[] = [];
  for (const line of lines) {
    const { event, data } = exchangeEvent(line);
    if ((event !== 'pinned' && event !== 'root') || data.repository !== repository) continue;
    const { version, sha256, file } = data;
    while ((roots.at(-1)?.version ?? 0) >= version) roots.pop();
    roots.push({ version, sha256, file });
  }
  return roots;
}
