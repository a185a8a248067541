import { answered, contents, response, VAULT } from './material.mjs';

/** A good response bundle, and its parts. */
export function goodBundle(writer) {
  const { files, add } = contents();
  const bytes = writer.manifestBytes(response([answered(add)]), files);
  const entries = writer.entriesOf({ kind: 'response', bytes, files, key: VAULT });
  const good = writer.tar(entries);
  // Where its first file begins.
  const third = writer.tar(entries.slice(0, 2)).length - 1024;
  return { entries, good, third };
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
