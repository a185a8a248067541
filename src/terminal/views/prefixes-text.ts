/** Prefixes that are named one by one. */
const FEW = 4;

/** Beginnings of hashes: a few by name, many by the first, the last and their number. They are hex. */
export function prefixesText(prefixes: readonly string[]): string {
  if (prefixes.length <= FEW) return `hash ${prefixes.join(', ')}`;
  const sorted = [...prefixes].sort();
  return `hash ${sorted[0] ?? ''}..${sorted.at(-1) ?? ''} (${String(prefixes.length)} prefixes)`;
}
