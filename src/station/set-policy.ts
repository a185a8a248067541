import { usage } from '../errors.ts';
import type { DialectName, ExpiryRule } from '../metadata/dialect.ts';
import { DIALECT_NAMES, dialectOf } from '../metadata/dialects.ts';
import { isDelegated } from '../metadata/roles.ts';
import { expiryRule, LONGEST, settingOf, type ExpiryScope } from '../policy/expiry-rules.ts';
import { expirySettings, setExpiry } from './ledger/expiry-policy.ts';
import type { Home } from './home/home.ts';

/** How long a role is valid here. */
export interface PolicyRow extends ExpiryRule {
  readonly dialect: DialectName;
  /** Null for every repository. */
  readonly repository: string | null;
  readonly role: string;
  /** Whether something is set for exactly this. */
  readonly set: boolean;
}

/** Every rule that there is at a station. */
export interface Policy {
  readonly expiry: readonly PolicyRow[];
}

const ROLES = ['root', 'targets', 'snapshot', 'timestamp'];

/** The rules of each dialect's roles, and those of repositories and delegated roles for which something is set. */
export function showPolicy(home: Home): Policy {
  const settings = expirySettings(home);
  const row = (scope: ExpiryScope): PolicyRow => ({
    ...scope,
    ...expiryRule(settings, dialectOf(scope.dialect), scope.repository ?? '', scope.role),
    set: settingOf(settings, scope) !== null,
  });
  return {
    expiry: DIALECT_NAMES.flatMap((dialect) => [
      ...ROLES.map((role) => row({ dialect, repository: null, role })),
      ...settings
        .filter((one) => one.dialect === dialect && (one.repository !== null || !ROLES.includes(one.role)))
        .map(({ repository, role }) => row({ dialect, repository, role })),
    ]),
  };
}

/**
 * Sets what is given and leaves the rest of the scope as it was set; null forgets all of it.
 *
 * @throws POLICY-DAYS, POLICY-NOTHING, POLICY-BOUNDS (exit 2), NAME-ROLE, NAME-REPOSITORY
 */
export function setPolicy(
  home: Home,
  scope: ExpiryScope,
  given: Readonly<Record<'usual' | 'least' | 'most', string | undefined>> | null,
): Policy {
  const dialect = dialectOf(scope.dialect);
  if (scope.repository !== null) dialect.checkRepository(scope.repository);
  if (isDelegated(scope.role)) dialect.checkTargetsRole(scope.role);
  const before = settingOf(expirySettings(home), scope);
  if (given !== null && Object.values(given).every((one) => one === undefined))
    throw usage('POLICY-NOTHING', 'say what to set', { expected: '--usual, --least, --most, or --default' });
  const days = (name: 'usual' | 'least' | 'most'): number | null => {
    if (given === null) return null;
    const text = given[name];
    return text === undefined ? (before?.[name] ?? null) : readDays(text);
  };
  setExpiry(home, { ...scope, usual: days('usual'), least: days('least'), most: days('most') });
  return showPolicy(home);
}

function readDays(text: string): number {
  const [, digits] = /^(0|[1-9][0-9]{0,4})d$/.exec(text) ?? [];
  if (digits !== undefined && Number(digits) <= LONGEST) return Number(digits);
  throw usage('POLICY-DAYS', 'not a validity in days', {
    expected: `0d to ${String(LONGEST)}d`,
    found: text,
  });
}
