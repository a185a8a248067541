/** So many targets, in words that fit into a sentence. */
export function countTargets(targets: number): string {
  return targets === 1 ? '1 target' : `${String(targets)} targets`;
}
