import {
  answered,
  combined,
  contents,
  declined,
  DESK,
  firstRoot,
  newTargets,
  request,
  response,
  SAFE,
  safe,
  sha256,
  vault,
  VAULT,
} from './material.mjs';
import { byDigest, partOf } from './parts.mjs';

/** Bundles that every reader must accept, with their digests. */
export function validVectors(writer) {
  const made = (file, title, kind, key, build) => {
    const { files, add } = contents();
    const bytes = writer.manifestBytes(build(add), files);
    const entries = writer.entriesOf({ kind, bytes, files, key });
    return { file, bytes: writer.tar(entries), rule: 'B-01', title, expect: { kind, digest: sha256(bytes) } };
  };
  return [
    made(
      'request-first-root',
      'a first root: slots, server keys, nothing before it',
      'request',
      DESK,
      (add) => request([firstRoot(add)]),
    ),
    made('request-targets', 'a new version of targets: root chain, base, evidence', 'request', DESK, (add) =>
      request([newTargets(add)], {
        to: [
          {
            ...vault,
            heard: { sequence: 2, digest: sha256('earlier') },
            head: { line: 2, hash: sha256('line 2') },
          },
        ],
      }),
    ),
    made(
      'request-several',
      'several repositories, recipients and dialects; a target name outside ASCII',
      'request',
      DESK,
      (add) =>
        request(
          [
            newTargets(add, 'registry.example.com/team/a'),
            newTargets(add, 'registry.example.com/team/b', 'gr\u00fcn/\u{1f511}'),
            firstRoot(add, 'downloads', 'tuf'),
          ],
          {
            to: [vault, safe]
              .sort((a, b) => (a.key < b.key ? -1 : 1))
              .map((at) => ({ ...at, heard: null, head: null })),
          },
        ),
    ),
    made('request-sizes', 'contents of 0, 1, 511, 512 and 513 bytes', 'request', DESK, (add) =>
      request(
        [
          {
            ...newTargets(add),
            evidence: [0, 1, 511, 512, 513].map((size) => ({
              role: 'targets',
              target: `size-${String(size)}`,
              file: add(Buffer.alloc(size, 'x')),
            })),
          },
        ].map((record) => ({ ...record, evidence: [...record.evidence, ...newTargets(add).evidence] })),
      ),
    ),
    made('response-signed', 'a signed root with its fill', 'response', VAULT, (add) =>
      response([answered(add)]),
    ),
    made('response-refused', 'a no; the smallest bundle, with no files at all', 'response', VAULT, () =>
      response([declined()], { previous: sha256('an earlier response') }),
    ),
    made('response-safe', 'the same answer by another station', 'response', SAFE, (add) =>
      response([answered(add, safe)], { from: safe }),
    ),
    made('combined', 'two responses with their manifests, seals and files', 'combined', VAULT, (add) =>
      combined(byDigest([partOf(writer, add, VAULT, vault), partOf(writer, add, SAFE, safe)])),
    ),
    made('combined-metadata', 'a response and metadata that another tool signed', 'combined', VAULT, (add) =>
      combined([partOf(writer, add, VAULT, vault)], {
        metadata: [add('{"signatures":[],"signed":{}}')],
      }),
    ),
  ];
}
