import type { Examination, RepositoryExamination } from '../../offline/examination.ts';
import { formatTime } from '../../encoding/time.ts';
import type { Anomaly } from '../../review/anomaly.ts';
import type { ContentDifference, RoleDifference } from '../../review/difference.ts';
import { capped } from './capped.ts';
import { day } from './day.ts';
import { contactLines } from './contact-view.ts';
import { digestLines } from './digest-block.ts';
import { emptyLines, isEmpty } from './empty-roles-view.ts';
import { escapeCut, show } from '../escape.ts';
import { delegationLines } from './delegation-change-view.ts';
import { quorumLines } from './keys-view.ts';
import { notUnderstoodLines, unsignedNotUnderstoodLines } from './not-understood-view.ts';
import { reachLines } from './reach-view.ts';
import { targetChangeLines } from './target-change-view.ts';
import { COLUMNS, wrapBehind } from './wrap.ts';

/** Lines of one kind that are shown before the rest is only counted. */
const SHOWN = 24;
/** Repositories that are shown one by one on a page. */
const PAGE = 5;

/** Which part of a long request is shown. */
export interface ReviewView {
  /** From 1 on. */
  readonly page: number;
  /** Names of repositories that are shown alone, whole. */
  readonly only: readonly string[];
}

const FIRST_PAGE: ReviewView = { page: 1, only: [] };

/**
 * The whole review as text of 80 columns: who asks and when, what is unusual, what would change old to new, and
 * last the digest in hex and words (R8). Everything comes from the bytes to be signed.
 */
export function reviewLines(examination: Examination, view: ReviewView = FIRST_PAGE): string[] {
  const { manifest, sender, now } = examination;
  return [
    `Request from ${show(sender)} (paired), its number ${String(manifest.sequence)}`,
    `  made       ${manifest.created}   (this clock: ${formatTime(now)})`,
    `  ends       ${manifest.notAfter}`,
    `  environment ${manifest.environment}`,
    '',
    ...anomalyLines(examination),
    ...repositoryLines(examination, view),
    ...(examination.excepted.length > 0
      ? [
          `Left out by the officer: ${String(examination.excepted.length)}`,
          ...examination.excepted.map((name) => `  ${show(name)}`),
          '',
        ]
      : []),
    ...(examination.repositories.length > 1
      ? [`Merkle root over all repositories: ${examination.merkleRoot}`, '']
      : []),
    ...digestLines('request', examination.digest),
  ];
}

function anomalyLines({ anomalies, repositories }: Examination): string[] {
  const all = [
    ...anomalies.map((anomaly) => ({ where: '', anomaly })),
    ...repositories.flatMap(({ reading, anomalies: own }) =>
      own.map((anomaly) => ({ where: repositories.length > 1 ? `${reading.record.name}: ` : '', anomaly })),
    ),
  ];
  if (all.length === 0) return ['Nothing unusual.', ''];
  const typed = all.filter(({ anomaly }) => anomaly.typed);
  // A long list is cut at its end: what is only one of many comes last, the most suspicious of it first (R8).
  const rest = all
    .filter(({ anomaly }) => !anomaly.typed)
    .sort((a, b) => (a.anomaly.order ?? 0) - (b.anomaly.order ?? 0));
  return [
    `Look at this first (${String(all.length)}):`,
    ...capped(typed, 200, ({ where, anomaly }) => anomalyLine('!!', where, anomaly)),
    ...capped(rest, SHOWN, ({ where, anomaly }) => anomalyLine(' !', where, anomaly)),
    '',
  ];
}

function anomalyLine(mark: string, where: string, { text }: Anomaly): string[] {
  // Cut apart: a long name must not push out what is said of it.
  return wrapBehind(`  ${mark} `, escapeCut(where, 260) + escapeCut(text, 300));
}

function repositoryLines({ repositories }: Examination, { page, only }: ReviewView): string[] {
  if (only.length > 0)
    return repositories
      .filter(({ reading }) => only.includes(reading.record.name))
      .flatMap((one) => oneRepository(one, Infinity));
  const pages = Math.ceil(repositories.length / PAGE);
  if (pages <= 1) return repositories.flatMap((one) => oneRepository(one, SHOWN));
  const from = (Math.min(page, pages) - 1) * PAGE;
  const shown = repositories.slice(from, from + PAGE);
  return [
    ...operationLines(repositories),
    `Repositories ${String(from + 1)} to ${String(from + shown.length)}, page ${String(Math.min(page, pages))} of ${String(pages)}`,
    '(review --page N shows another, review --only NAME all of one):',
    '',
    ...shown.flatMap((one) => oneRepository(one, SHOWN)),
  ];
}

/** How many repositories each operation is asked for. */
function operationLines(repositories: readonly RepositoryExamination[]): string[] {
  const groups = new Map<string, { count: number; changes: number }>();
  for (const { reading, differences } of repositories) {
    const group = groups.get(reading.record.operation) ?? { count: 0, changes: 0 };
    group.count += 1;
    for (const { targets } of differences) group.changes += targets.length;
    groups.set(reading.record.operation, group);
  }
  return [
    `${String(repositories.length)} repositories:`,
    ...[...groups].map(
      ([operation, { count, changes }]) =>
        `  ${operation.padEnd(18)} ${String(count)} repositories, ${String(changes)} target changes`,
    ),
    '',
  ];
}

function oneRepository(examination: RepositoryExamination, most: number): string[] {
  const { reading, differences, contact, first, since, currency, filler, reach, notUnderstood } = examination;
  const { record, base } = reading;
  const open = filler === null ? 'made here at signing' : `made by ${escapeCut(filler, 40)} when it signs`;
  return [
    ...wrapBehind('', `${escapeCut(record.name, 200)}  (${record.dialect}, ${record.operation})`),
    ...(contact.length > 0
      ? [`  not known here: root ${String(base?.root.version ?? 0)} says`, ...quorumLines(contact, open)]
      : []),
    ...(first ? contactLines(first) : []),
    ...currency.flatMap(({ holder, roles }) =>
      wrapBehind(
        '  ',
        `currency: word of ${escapeCut(holder, 40)} only (it holds the keys of ${roles.join(' and ')})`,
      ),
    ),
    ...(record.operation === 'none' ? ['  asks for no signature: this station gets to know it'] : []),
    ...since.flatMap((difference) => sinceLines(difference, most, open)),
    ...differences
      .filter((difference) => !isEmpty(difference))
      .flatMap((difference) => roleLines(difference, most, open)),
    ...emptyLines(differences.filter(isEmpty), most),
    ...unsignedNotUnderstoodLines(notUnderstood, most),
    ...reachLines(reach, most),
    '',
  ];
}

/** The third column: what others did between what was seen here and what the request builds on (M11). */
function sinceLines(difference: ContentDifference, most: number, open: string): string[] {
  const { role, fromVersion, toVersion } = difference;
  return [
    `  ${escapeCut(role, 60)}, since this station last saw it: version ${String(fromVersion)} -> ${String(toVersion)}`,
    ...contentLines(difference, most, open),
  ];
}

function contentLines(
  { role, quorums, delegations, targets, total }: ContentDifference,
  most: number,
  open: string,
): string[] {
  return [
    ...quorumLines(quorums, open),
    ...delegationLines(delegations, open),
    ...(role === 'root' ? [] : targetChangeLines(targets, total, most)),
  ];
}

function roleLines(difference: RoleDifference, most: number, open: string): string[] {
  const { role, fromVersion, toVersion, fromExpires, toExpires, payload } = difference;
  const from = fromVersion === 0 ? 'new' : `version ${String(fromVersion)}`;
  const expires = fromExpires === null ? '' : `${day(fromExpires)} -> `;
  return [
    `  ${escapeCut(role, 60)}: ${from} -> version ${String(toVersion)}, expires ${expires}${day(toExpires)}`,
    ...(payload ? [`    sha256 ${payload}`] : [`    open: ${open}`]),
    ...contentLines(difference, most, open),
    ...notUnderstoodLines(difference.notUnderstood),
  ];
}

/** A ruler between the review and what is asked. */
export const RULE = '-'.repeat(COLUMNS);
