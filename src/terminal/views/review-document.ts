import { formatTime } from '../../encoding/time.ts';
import { allAnomalies, type Examination } from '../../offline/examination.ts';

/** The review as `--json` prints it. */
export function reviewDocument(examination: Examination): object {
  const { digest, manifest, sender, merkleRoot, excepted, now } = examination;
  return {
    digest,
    sender,
    sequence: manifest.sequence,
    created: manifest.created,
    notAfter: manifest.notAfter,
    environment: manifest.environment,
    clock: formatTime(now),
    merkleRoot,
    excepted,
    anomalies: allAnomalies(examination),
    repositories: examination.repositories.map(
      ({
        reading,
        differences,
        anomalies,
        contact,
        first,
        since,
        currency,
        filler,
        reach,
        notUnderstood,
      }) => ({
        dialect: reading.record.dialect,
        name: reading.record.name,
        operation: reading.record.operation,
        anomalies: anomalies.map(({ id }) => id),
        contact,
        history: first?.roots ?? [],
        since,
        currency,
        filler,
        reach,
        notUnderstood,
        roles: differences,
      }),
    ),
  };
}
