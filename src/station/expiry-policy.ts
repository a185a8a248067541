import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalBytes } from '../encoding/canonical-json.ts';
import { sha256Hex } from '../encoding/hash.ts';
import { isObject, type Json } from '../encoding/json.ts';
import { parseCanonicalJson } from '../encoding/strict-json.ts';
import { CountersignError, refused } from '../errors.ts';
import type { Dialect, ExpiryRule } from '../metadata/dialect.ts';
import { DIALECT_NAMES, dialectOf } from '../metadata/dialects.ts';
import { checkRule, expiryRule, LONGEST, withSetting, type ExpirySetting } from '../policy/expiry-rules.ts';
import { replaceDurably } from './durable.ts';
import type { Home } from './home.ts';

const FILE = 'policy.json';
const MEMBERS = ['dialect', 'least', 'most', 'repository', 'role', 'usual'];

/** Read once a command, since a request of a thousand repositories asks for each. */
const read = new WeakMap<Home, readonly ExpirySetting[]>();

/**
 * What is set at this station, apart from what the dialects say. The ledger holds the SHA-256 of the file: nobody
 * changes it past the station unseen.
 *
 * @throws POLICY-FILE
 */
export function expirySettings(home: Home): readonly ExpirySetting[] {
  const known = read.get(home);
  if (known) return known;
  const bytes = readFile(home);
  checkRecorded(home, bytes);
  const settings = bytes === null ? [] : parseSettings(home, bytes);
  read.set(home, settings);
  return settings;
}

/** How long a role of a repository is valid at this station. @throws POLICY-FILE */
export function expiryRuleOf(home: Home, dialect: Dialect, repository: string, role: string): ExpiryRule {
  return expiryRule(expirySettings(home), dialect, repository, role);
}

/**
 * Sets something, and records it first. A kill in between leaves what was set before.
 *
 * @throws POLICY-BOUNDS (exit 2), POLICY-FILE
 */
export function setExpiry(home: Home, setting: ExpirySetting): void {
  const settings = withSetting(expirySettings(home), setting);
  const { dialect, repository, role } = setting;
  for (const scope of repository === null ? ['', ...repositoriesOf(settings)] : [repository])
    checkRule(
      expiryRule(settings, dialectOf(dialect), scope, role),
      `${dialect} ${scope === '' ? '' : `${scope} `}${role}`,
    );
  const bytes = canonicalBytes({ expiry: settings.map((one) => ({ ...one })) });
  const before = readFile(home);
  const data = {
    ...setting,
    sha256: sha256Hex(bytes),
    before: before === null ? null : sha256Hex(before),
  };
  home.ledger.append([{ event: 'policy', data }]);
  read.delete(home);
  replaceDurably(join(home.dir, FILE), bytes);
}

function repositoriesOf(settings: readonly ExpirySetting[]): string[] {
  return settings.flatMap(({ repository }) => (repository === null ? [] : [repository]));
}

function readFile(home: Home): Uint8Array | null {
  try {
    return readFileSync(join(home.dir, FILE));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** The file is the one of the last line, or, where the command was killed after that, the one before. */
function checkRecorded(home: Home, bytes: Uint8Array | null): void {
  const found = bytes === null ? null : sha256Hex(bytes);
  let expected: readonly unknown[] = [null];
  for (const { event, data } of home.ledger.lines())
    if (event === 'policy') expected = [data['sha256'], data['before']];
  if (expected.includes(found)) return;
  throw refused('POLICY-FILE', 'the policy is not the one that the ledger records', {
    expected: expected.map((one) => (typeof one === 'string' ? one : 'no file')).join(' or '),
    found: found ?? 'no file',
    where: join(home.dir, FILE),
    hint: 'somebody changed it past the station: restore the file from the backup of the home',
  });
}

function parseSettings(home: Home, bytes: Uint8Array): ExpirySetting[] {
  const wrong = (cause?: unknown): Error =>
    refused('POLICY-FILE', 'the policy cannot be read', {
      where: join(home.dir, FILE),
      hint: 'restore the file from the backup of the home',
      cause,
    });
  let value: Json;
  try {
    value = parseCanonicalJson(bytes);
  } catch (cause) {
    if (cause instanceof CountersignError) throw wrong(cause);
    throw cause;
  }
  const list = isObject(value) && Object.keys(value).join() === 'expiry' ? value['expiry'] : undefined;
  if (!Array.isArray(list) || !list.every(isSetting)) throw wrong();
  return list as unknown[] as ExpirySetting[];
}

function isSetting(value: Json): boolean {
  if (!isObject(value) || Object.keys(value).sort().join() !== MEMBERS.join()) return false;
  const { dialect, repository, role } = value;
  const days = ['usual', 'least', 'most'].map((name) => value[name]);
  return (
    DIALECT_NAMES.some((name) => name === dialect) &&
    (repository === null || typeof repository === 'string') &&
    typeof role === 'string' &&
    days.every(
      (one) =>
        one === null || (typeof one === 'number' && Number.isInteger(one) && one >= 0 && one <= LONGEST),
    )
  );
}
