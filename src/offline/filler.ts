import type { RequestManifest } from '../bundle/manifest.ts';
import type { OfflineStation } from './station.ts';

/** Who fills in the request's slots, by the name that it has here; null for this station. */
export function fillerOf(
  { home, partners }: OfflineStation,
  { result }: RequestManifest['repositories'][number],
): string | null {
  const identity = result.flatMap(({ slots }) => slots)[0]?.station ?? home.identity;
  if (identity === home.identity) return null;
  return partners.find((partner) => partner.identity === identity)?.name ?? identity;
}
