import { answered, contents, declined, response, VAULT } from './material.mjs';
import { withChecksum } from './writer.mjs';

/** A good response bundle, and its parts. */
export function goodBundle(writer, answer = answered) {
  const { files, add } = contents();
  const bytes = writer.manifestBytes(response([answer(add)]), files);
  const entries = writer.entriesOf({ kind: 'response', bytes, files, key: VAULT });
  const good = writer.tar(entries);
  // Where its first file begins.
  const third = writer.tar(entries.slice(0, 2)).length - 1024;
  return { entries, good, third };
}

/** An answer with one file. */
export function shortAnswer(add) {
  const answer = declined();
  return { ...answer, roles: answer.roles.map((role) => ({ ...role, document: add('{"version":6}') })) };
}

export const blocks = (...parts) => Buffer.concat(parts);

/** Hostile vector of a container. */
export const container = (check, rule, file, title, bytes) => ({
  file,
  bytes,
  rule,
  title,
  expect: { check },
});

/** A pax header, or another entry for the next one's sake, with this content. */
export function paxHeader(writer, type = 'x', content = Buffer.from('13 path=evil\n')) {
  const header = writer.header(`files/${'0'.repeat(64)}`, content.length);
  header.fill(0, 0, 100);
  header.write('pax', 0);
  header.write(type, 156);
  return blocks(withChecksum(header), writer.padded(content));
}
