import { refused } from '../errors.ts';
import type { Anomaly } from '../review/anomaly.ts';
import { allAnomalies, type Examination } from './examination.ts';

/** How an officer, or a script, said yes. */
export interface Approval {
  readonly by: 'typed' | 'approve';
  /** IDs of typed anomalies that were accepted. */
  readonly accepted: readonly string[];
}

/** What a script gives instead of typing (M20). */
export interface ScriptedApproval {
  /** 64 hex digits. */
  readonly digest: string;
  readonly accept: readonly string[];
  /** Pins for first contacts, `NAME=SHA256` of a root file: the newest, or one in its history. */
  readonly pins: readonly string[];
}

/**
 * A script's yes: the exact digest, and the exact ID of everything that a person would have to type.
 *
 * @throws APPROVE-DIGEST, APPROVE-ANOMALY
 */
export function approveByScript(examination: Examination, given: ScriptedApproval): Approval {
  if (given.digest !== examination.digest)
    throw refused('APPROVE-DIGEST', "the approved digest is not the request's", {
      expected: examination.digest,
      found: given.digest,
      hint: 'review the request, and take its digest from the sender by another way than the stick',
    });
  const accepted = [...given.accept, ...pinIds(given.pins)];
  const open = stillOpen(examination, accepted);
  const [first] = open;
  if (first)
    throw refused('APPROVE-ANOMALY', 'something must be accepted that the script does not name', {
      expected: open
        .slice(0, 8)
        .map(({ id }) => `--accept ${id}`)
        .join(' '),
      found: first.text,
      hint: 'review --json lists every ID; accept each only after looking at it',
    });
  return { by: 'approve', accepted };
}

/** The IDs that pins `NAME=SHA256` accept: of the newest root, or of one in its history. */
export function pinIds(pins: readonly string[]): string[] {
  return pins.map((pin) => {
    const at = pin.lastIndexOf('=');
    return `FIRST-CONTACT:${pin.slice(0, at)}:${pin.slice(at + 1)}`;
  });
}

/** What must be typed, and was not accepted before. */
export function stillOpen(examination: Examination, accepted: readonly string[]): Anomaly[] {
  return allAnomalies(examination).filter(
    ({ typed, id, instead = [] }) => typed && ![id, ...instead].some((one) => accepted.includes(one)),
  );
}
