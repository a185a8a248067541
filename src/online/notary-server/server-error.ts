import { conflict, unavailable } from '../../errors.ts';
import type { CountersignError } from '../../errors.ts';
import type { HttpAnswer } from '../transport/exchange.ts';

/** Longest text of a server that is passed on, in characters. */
const MAX_TEXT = 1_000;

/** What an error answer says; read tolerantly, and only ever to explain (R5). */
export interface ServerError {
  readonly code: string;
  readonly text: string;
}

const SNAPSHOT_HINT =
  "the snapshot key is not the server's: key import it here, or key rotate GUN snapshot --server-managed";

/** First entry of `{"errors":[{"code","message","detail"}]}`, or the beginning of whatever else came. */
export function readServerError(body: Uint8Array): ServerError {
  const text = Buffer.from(body).toString('utf8');
  try {
    const parsed = JSON.parse(text) as { errors?: { code?: unknown; message?: unknown; detail?: unknown }[] };
    const first = parsed.errors?.[0];
    if (typeof first?.code === 'string') {
      const message = typeof first.message === 'string' ? first.message : '';
      const detail = first.detail === undefined || first.detail === null ? '' : JSON.stringify(first.detail);
      const all = [first.code, message, detail === '{}' ? '' : detail]
        .filter((part) => part !== '')
        .join(': ');
      return { code: first.code.slice(0, 100), text: all.slice(0, MAX_TEXT) };
    }
  } catch {
    // A proxy's page, or nothing: shown as it came.
  }
  return { code: '', text: text.slice(0, MAX_TEXT) };
}

/** The error for an answer to a read that is neither the file nor "there is none". */
export function readFailure(answer: HttpAnswer, where: string): CountersignError {
  return redirected(answer, where) ?? badStatus(answer, where);
}

/**
 * The error for an upload that was not accepted. Never exit 3: bytes were posted (M14). Exit 5 says that the server
 * has judged it and stored nothing, exit 6 that the state is to be looked at again.
 */
export function uploadFailure(answer: HttpAnswer, where: string): CountersignError {
  const { code, text } = readServerError(answer.body);
  const found = `HTTP ${String(answer.status)}: ${text}`;
  if (answer.status === 400 && code === 'VERSION')
    return conflict('SERVER-VERSION', 'the trust server already has this version or a newer one', {
      found,
      where,
      hint: 'look at what is published now, then export again',
    });
  if (code === 'UPDATING')
    return conflict('SERVER-UPDATING', 'somebody else publishes to the same repository at this moment', {
      found,
      where,
      hint: 'run the command again',
    });
  if (answer.status >= 400 && answer.status <= 499 && answer.status !== 408 && answer.status !== 429)
    return conflict('SERVER-REFUSED', 'the trust server does not accept the upload, nothing was stored', {
      found,
      where,
      ...(/ErrBadHierarchy.*snapshot/.test(text) ? { hint: SNAPSHOT_HINT } : {}),
    });
  return redirected(answer, where) ?? badStatus(answer, where);
}

function redirected(answer: HttpAnswer, where: string): CountersignError | null {
  if (answer.status < 300 || answer.status > 399) return null;
  return unavailable('SERVER-REDIRECT', 'the trust server sends us elsewhere', {
    found: (answer.headers['location'] ?? '').slice(0, 300),
    where,
    hint: 'if that address is right, give it with --server',
  });
}

function badStatus(answer: HttpAnswer, where: string): CountersignError {
  return unavailable('SERVER-ERROR', 'the trust server answers with an error', {
    found: `HTTP ${String(answer.status)}: ${readServerError(answer.body).text}`,
    where,
    hint: 'run the command again later, it looks first at what is published',
  });
}
