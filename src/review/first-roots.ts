import type { Anomaly } from './anomaly.ts';

/**
 * Two hundred first roots are one decision: their anomalies become one, which names their number and the Merkle
 * root over all records of the request (M20).
 */
export function groupFirstRoots(anomalies: readonly Anomaly[], merkleRoot: string): Anomaly[] {
  const first = anomalies.filter(({ id }) => id.startsWith('FIRST-ROOT:'));
  if (first.length < 2) return [...anomalies];
  const count = String(first.length);
  const grouped = {
    id: `FIRST-ROOT:${count}:${merkleRoot}`,
    typed: true,
    text: `${count} repositories get their first root: nothing of them was ever seen here`,
  };
  return [grouped, ...anomalies.filter((anomaly) => !first.includes(anomaly))];
}
