import { escapeCut } from '../escape.ts';
import { COLUMNS, wrap } from './wrap.ts';

/** Columns between two cells. */
const GAP = 2;
/** Escaped columns of one cell before it says how much it hides. */
const CELL = 240;
/** A cell is not squeezed below this. */
const NARROWEST = 8;

/**
 * Rows as aligned lines of at most 80 columns. Cells are escaped here and their widths counted afterwards; a
 * cell that is too wide goes on in the next line of its row, so that nothing is hidden by the layout.
 */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const cells = [head, ...rows].map((row) => row.map((cell) => escapeCut(cell, CELL)));
  const widths = fit(head.map((_, at) => Math.max(...cells.map((row) => row[at]?.length ?? 0))));
  return cells.flatMap((row) => lines(row, widths));
}

/** Takes columns from the widest until the row fits. */
function fit(wanted: readonly number[]): number[] {
  const widths = [...wanted];
  const room = COLUMNS - GAP * (widths.length - 1);
  while (widths.reduce((sum, width) => sum + width, 0) > room) {
    const widest = widths.indexOf(Math.max(...widths));
    const width = widths[widest] ?? 0;
    if (width <= NARROWEST) break;
    widths[widest] = width - 1;
  }
  return widths;
}

function lines(row: readonly string[], widths: readonly number[]): string[] {
  const parts = row.map((cell, at) => wrap(cell, Math.max(1, widths[at] ?? 1)));
  const height = Math.max(1, ...parts.map((part) => part.length));
  return Array.from({ length: height }, (_, line) =>
    parts
      .map((part, at) => (part[line] ?? '').padEnd((widths[at] ?? 0) + GAP))
      .join('')
      .trimEnd(),
  );
}
