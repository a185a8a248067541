import type { ExportResult } from '../../online/exporting/export.ts';
import { digestLines } from './digest-block.ts';
import { showPath } from '../escape.ts';
import { readBackLine } from '../written-file.ts';

/** The request that was written, and its digest to be read to the officer. */
export function exportedLines({ out, size, readBack, request, resumed }: ExportResult): string[] {
  return [
    `${resumed ? 'finished the interrupted export' : 'wrote'} ${showPath(out)} (${String(size)} bytes)`,
    ...readBackLine(readBack, out),
    '',
    ...digestLines('request', request),
  ];
}
