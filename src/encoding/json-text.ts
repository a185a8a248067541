import type { Json } from './json.ts';

/**
 * Canonical JSON as JSON that every reader takes (RFC 8259). They differ in control characters alone, such as the line
 * ends of a PEM key: canonical JSON leaves them raw inside strings, and they stand nowhere else in it.
 */
export function jsonOfCanonical(text: string): string {
  return text.replace(/[\u0000-\u001f]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The value of canonical JSON, which the caller knows to be that. */
export function valueOfCanonical(text: string): Json {
  return JSON.parse(jsonOfCanonical(text)) as Json;
}
