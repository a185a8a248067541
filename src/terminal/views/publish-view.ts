import type { PublishResult } from '../../online/publishing/publish.ts';
import type { PublishedRepository } from '../../online/reading/published-repository.ts';
import { errorDocument, errorLines } from '../error-report.ts';
import { escapeCut } from '../escape.ts';
import { table } from './table.ts';
import { trackerLines } from './tracker-view.ts';

/** What became of every repository; failures first and in full. */
export function publishedLines({ repositories }: PublishResult): string[] {
  const failed = repositories.filter(({ state }) => !state.endsWith('published'));
  const published = repositories.filter(({ state }) => state.endsWith('published'));
  return [
    ...failed.flatMap(failureLines),
    ...(published.length > 40
      ? [`published: ${String(published.length)} repositories`]
      : table(
          ['REPOSITORY', 'STATE', 'VERSIONS'],
          published.map(({ name, state, roles }) => [
            name,
            state,
            roles.map(({ role, version }) => `${role} ${String(version)}`).join(', '),
          ]),
        )),
    failed.length === 0
      ? 'read back and compared byte for byte'
      : `${String(failed.length)} of ${String(repositories.length)} repositories were not published`,
  ];
}

function failureLines({ name, state, error, reason, signatures }: PublishedRepository): string[] {
  const head = `${escapeCut(name, 200)}: ${state}${reason ? ` (${escapeCut(reason, 60)})` : ''}`;
  return [
    head,
    ...(state === 'incomplete' ? trackerLines(signatures).map((line) => `  ${line}`) : []),
    ...(error ? errorLines(error).map((line) => `  ${line}`) : []),
    '',
  ];
}

/** The same for `--json`. */
export function publishDocument({ request, responses, repositories }: PublishResult): object {
  return {
    request,
    responses,
    repositories: repositories.map(({ error, ...rest }) => ({
      ...rest,
      ...(error ? errorDocument(error) : { error: null }),
    })),
  };
}
