import { usage } from '../errors.ts';
import type { Dialect, DialectName, ExpiryRule } from '../metadata/dialect.ts';
import { isDelegated } from '../metadata/roles.ts';

/** For whose expiry something is set: a role of every repository of a dialect, or of one. */
export interface ExpiryScope {
  readonly dialect: DialectName;
  /** Null for every repository. */
  readonly repository: string | null;
  /** `targets` stands for delegated roles too. */
  readonly role: string;
}

/** What somebody set, in days; null where it stays as it is without this setting. */
export interface ExpirySetting extends ExpiryScope {
  readonly usual: number | null;
  readonly least: number | null;
  readonly most: number | null;
}

/** Longest validity that can be set, in days: a century. */
export const LONGEST = 36_500;

/**
 * How long a role of a repository is valid: as the dialect says, then as is set for every repository, then for this
 * one, then for a delegated role by its name.
 */
export function expiryRule(
  settings: readonly ExpirySetting[],
  dialect: Dialect,
  repository: string,
  role: string,
): ExpiryRule {
  const roles = isDelegated(role) ? ['targets', role] : [role];
  let rule = dialect.expiry(role);
  for (const scope of [null, repository])
    for (const name of roles)
      for (const one of settings)
        if (one.dialect === dialect.name && one.repository === scope && one.role === name)
          rule = {
            usual: one.usual ?? rule.usual,
            least: one.least ?? rule.least,
            most: one.most ?? rule.most,
          };
  return rule;
}

/** The settings with this one in the place of what was set for its scope; one that sets nothing takes it away. */
export function withSetting(settings: readonly ExpirySetting[], setting: ExpirySetting): ExpirySetting[] {
  const others = settings.filter((one) => scopeName(one) !== scopeName(setting));
  const { usual, least, most } = setting;
  const all = usual === null && least === null && most === null ? others : [...others, setting];
  return all.sort((a, b) => (scopeName(a) < scopeName(b) ? -1 : 1));
}

/** What is set for exactly this scope; null where nothing is. */
export function settingOf(settings: readonly ExpirySetting[], scope: ExpiryScope): ExpirySetting | null {
  return settings.find((one) => scopeName(one) === scopeName(scope)) ?? null;
}

function scopeName({ dialect, repository, role }: ExpiryScope): string {
  return JSON.stringify([dialect, repository, role]);
}

/** @throws POLICY-BOUNDS (exit 2) unless the usual validity lies between the least and the most */
export function checkRule({ usual, least, most }: ExpiryRule, where: string): void {
  if (usual >= 1 && least <= usual && usual <= most && most <= LONGEST) return;
  throw usage('POLICY-BOUNDS', 'the usual validity must lie between the least and the most', {
    expected: `least <= usual <= most, the usual 1d or more, at most ${String(LONGEST)}d`,
    found: `least ${String(least)}d, usual ${String(usual)}d, most ${String(most)}d`,
    where,
    hint: 'give --usual, --least and --most together where one moves past another',
  });
}
