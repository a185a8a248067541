/** The first of many, and how many more there are. */
export function capped<T>(
  items: readonly T[],
  most: number,
  lines: (item: T) => readonly string[],
): string[] {
  const shown = items.slice(0, most).flatMap(lines);
  const hidden = items.length - most;
  return hidden > 0
    ? [...shown, `    ... and ${String(hidden)} more like these (review --only NAME lists each)`]
    : [...shown];
}
