/** One line of a benchmark: what was done, how long it took on either side, and what was promised. */
export interface Row {
  readonly what: string;
  /** Milliseconds. */
  readonly ours: number;
  /** Milliseconds of what ours is compared with; null where the value stands alone. */
  readonly other: number | null;
  /** What the goal is about: a ratio, or milliseconds. */
  readonly value: number | null;
  readonly unit: 'x' | 'ms';
  readonly atLeast?: number;
  readonly atMost?: number;
  /** Peak memory of the process, in MiB. */
  readonly memory?: number | null;
}

export interface Report {
  readonly title: string;
  /** What the second column of times is. */
  readonly other: string;
  readonly rows: readonly Row[];
  readonly notes: readonly string[];
}

/** How many times faster than the other; at least `goal`. */
export function faster(what: string, ours: number, other: number, atLeast?: number): Row {
  return {
    what,
    ours,
    other,
    value: other / ours,
    unit: 'x',
    ...(atLeast === undefined ? {} : { atLeast }),
  };
}

/** Prints the report, as a table or with `--json` as one document; exit code 4 where a goal is missed. */
export function show(report: Report): void {
  if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  else process.stdout.write(`${lines(report).join('\n')}\n`);
  if (report.rows.some(missed)) process.exitCode = 4;
}

function lines({ title, other, rows, notes }: Report): string[] {
  const memory = rows.some((row) => row.memory !== undefined);
  const cells = [
    ['', 'ours', other, 'result', 'goal', ...(memory ? ['peak memory'] : [])],
    ...rows.map((row) => [
      row.what,
      time(row.ours),
      row.other === null ? '' : time(row.other),
      row.value === null ? '' : `${row.value.toFixed(2)} ${row.unit}`,
      goal(row),
      ...(memory ? [typeof row.memory === 'number' ? `${String(Math.round(row.memory))} MiB` : ''] : []),
    ]),
  ];
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
  const table = cells.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)))
      .join('  ')
      .trimEnd(),
  );
  return [title, '', ...table, ...(notes.length > 0 ? ['', ...notes] : [])];
}

function goal(row: Row): string {
  const { atLeast, atMost, unit } = row;
  const text = atLeast !== undefined ? `>= ${String(atLeast)} ${unit}` : `<= ${String(atMost ?? '')} ${unit}`;
  if (atLeast === undefined && atMost === undefined) return '';
  return missed(row) ? `${text} MISSED` : text;
}

function missed({ value, atLeast, atMost }: Row): boolean {
  if (value === null) return false;
  return (atLeast !== undefined && !(value >= atLeast)) || (atMost !== undefined && !(value <= atMost));
}

function time(milliseconds: number): string {
  return milliseconds < 100 ? `${milliseconds.toFixed(2)} ms` : `${(milliseconds / 1000).toFixed(2)} s`;
}
