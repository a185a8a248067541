import type { Dialect, ExpiryRule } from '../../metadata/dialect.ts';
import { dialectOf } from '../../metadata/dialects.ts';
import { checkRule, expiryRule, withSetting, type ExpirySetting } from '../../policy/expiry-rules.ts';
import type { Home } from '../home/home.ts';

interface Folded {
  /** Lines of the ledger that it comes from. */
  readonly lines: number;
  readonly settings: readonly ExpirySetting[];
}

/** Each line is looked at once a command, since a request of a thousand repositories asks for each. */
const folded = new WeakMap<Home, Folded>();

/** What is set at this station, apart from what the dialects say: as its ledger says. */
export function expirySettings(home: Home): readonly ExpirySetting[] {
  const all = home.ledger.lines();
  const before = folded.get(home) ?? { lines: 0, settings: [] };
  if (before.lines === all.length) return before.settings;
  let { settings } = before;
  for (const { event, data } of all.slice(before.lines))
    if (event === 'policy') settings = withSetting(settings, data as unknown as ExpirySetting);
  folded.set(home, { lines: all.length, settings });
  return settings;
}

/** How long a role of a repository is valid at this station. */
export function expiryRuleOf(home: Home, dialect: Dialect, repository: string, role: string): ExpiryRule {
  return expiryRule(expirySettings(home), dialect, repository, role);
}

/**
 * Sets something: from the ledger's line on, it holds.
 *
 * @throws POLICY-BOUNDS (exit 2)
 */
export function setExpiry(home: Home, setting: ExpirySetting): void {
  const settings = withSetting(expirySettings(home), setting);
  const { dialect, repository, role } = setting;
  for (const scope of repository === null ? ['', ...repositoriesOf(settings)] : [repository])
    checkRule(
      expiryRule(settings, dialectOf(dialect), scope, role),
      `${dialect} ${scope === '' ? '' : `${scope} `}${role}`,
    );
  home.ledger.append([{ event: 'policy', data: { ...setting } }]);
}

function repositoriesOf(settings: readonly ExpirySetting[]): string[] {
  return settings.flatMap(({ repository }) => (repository === null ? [] : [repository]));
}
