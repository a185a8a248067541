import {
  answered,
  combined,
  contents,
  declined,
  DESK,
  refreshed,
  request,
  response,
  SAFE,
  safe,
  sha256,
  STRANGER,
  VAULT,
  vault,
} from './material.mjs';

/** Adds a response to a combined bundle: its manifest, its seal and its files. */
export function partOf(
  writer,
  add,
  key,
  station,
  { changes = {}, seal, files = true, answer = answered } = {},
) {
  const inner = contents();
  const manifest = response([answer(inner.add, station)], { from: station, ...changes });
  const bytes = writer.manifestBytes(manifest, inner.files);
  if (files) for (const content of inner.files.values()) add(content);
  return {
    digest: sha256(bytes),
    manifest: add(bytes),
    seal: add(seal?.(bytes) ?? writer.sealOf('response', bytes, key)),
  };
}

export const byDigest = (parts) => [...parts].sort((a, b) => (a.digest < b.digest ? -1 : 1));

/** Where nothing depends on what a part answers. */
const NO = { answer: () => declined() };

/** Combined bundles that are right but for one of their parts. */
export function partVectors(writer) {
  const of =
    (check, rule = 'B-41') =>
    (file, title, build) => {
      const { files, add } = contents();
      const manifest = combined(byDigest([partOf(writer, add, VAULT, vault, NO), build(add)]));
      const bytes = writer.manifestBytes(manifest, files);
      const content = writer.tar(writer.entriesOf({ kind: 'combined', bytes, files, key: VAULT }));
      return { file: `part-${file}`, bytes: content, rule, title, expect: { check } };
    };
  const second = (options) => (add) => partOf(writer, add, SAFE, safe, { ...NO, ...options });
  const withFiles = { answer: answered };
  const part = of('BUNDLE-PART');
  return [
    of('SEAL-FORM')('seal-form', 'a part whose seal is none', second({ seal: () => Buffer.from('{}') })),
    of('SEAL-SIGNATURE')(
      'seal-signature',
      'a part whose seal does not verify',
      second({ seal: (bytes) => writer.sealOf('response', Buffer.concat([bytes, bytes]), SAFE) }),
    ),
    of('SEAL-SIGNATURE', 'B-22')(
      'seal-kind',
      'a part that is sealed as a combined bundle',
      second({ seal: (bytes) => writer.sealOf('combined', bytes, SAFE) }),
    ),
    of('SEAL-SENDER', 'B-25')(
      'sender',
      'a part that is sealed by another station than it names',
      second({ seal: (bytes) => writer.sealOf('response', bytes, STRANGER) }),
    ),
    of('RESPONSE-SCHEMA', 'B-33')(
      'schema',
      'a part with a member too many',
      second({ changes: { note: 'x' } }),
    ),
    of('SEAL-SIGNATURE')('request', 'a part that is a request', (add) => {
      const inner = contents();
      const bytes = writer.manifestBytes(request([refreshed(inner.add)]), inner.files);
      for (const content of inner.files.values()) add(content);
      return {
        digest: sha256(bytes),
        manifest: add(bytes),
        seal: add(writer.sealOf('request', bytes, DESK)),
      };
    }),
    part(
      'other-request',
      'a part that answers another request',
      second({ changes: { request: { digest: sha256('another request'), sequence: 3 } } }),
    ),
    part(
      'other-recipient',
      'a part for another station',
      second({ changes: { to: { name: 'desk', key: STRANGER.identity } } }),
    ),
    part(
      'other-environment',
      'a rehearsal among the real',
      second({ changes: { environment: 'rehearsal' } }),
    ),
    alone(writer),
    withMetadata(writer, 'BUNDLE-ORDER', 'B-34', 'metadata-order', 'metadata files in no order', (names) =>
      names.sort().reverse(),
    ),
    withMetadata(writer, 'BUNDLE-ORDER', 'B-34', 'metadata-twice', 'a metadata file twice', ([name]) => [
      name,
      name,
    ]),
    withMetadata(
      writer,
      'BUNDLE-REFERENCE',
      'B-36',
      'metadata-missing',
      'a metadata file that is not there',
      () => [`files/${sha256('elsewhere')}`],
    ),
    withMetadata(
      writer,
      'COMBINED-SCHEMA',
      'B-42',
      'metadata-name',
      'a metadata file under a name of its own',
      () => ['files/17.root.json'],
    ),
    part('same-station', 'two parts of one station', (add) =>
      partOf(writer, add, VAULT, vault, { ...NO, changes: { sequence: 8 } }),
    ),
    of('BUNDLE-REFERENCE', 'B-36')(
      'no-file',
      'a file of a part is missing',
      second({ ...withFiles, files: false }),
    ),
    of('BUNDLE-UNREFERENCED', 'B-37')('idle', 'a file that belongs to no part', (add) => {
      add('smuggled');
      return second(withFiles)(add);
    }),
  ];
}

/** One response and nothing beside it. */
function alone(writer) {
  const { files, add } = contents();
  const manifest = combined([partOf(writer, add, VAULT, vault, NO)]);
  const bytes = writer.manifestBytes(manifest, files);
  const content = writer.tar(writer.entriesOf({ kind: 'combined', bytes, files, key: VAULT }));
  const title = 'a response with nothing to be combined with';
  return { file: 'part-alone', bytes: content, rule: 'B-41', title, expect: { check: 'BUNDLE-PART' } };
}

/** One response and two metadata files, which the manifest lists otherwise than it must. */
function withMetadata(writer, check, rule, file, title, list) {
  const { files, add } = contents();
  const part = partOf(writer, add, VAULT, vault, NO);
  const metadata = list([add('{"signatures":[],"signed":{}}'), add('{"signatures":[],"signed":{"a":1}}')]);
  const bytes = writer.manifestBytes(combined([part], { metadata }), files);
  const content = writer.tar(writer.entriesOf({ kind: 'combined', bytes, files, key: VAULT }));
  return { file: `part-${file}`, bytes: content, rule, title, expect: { check } };
}
