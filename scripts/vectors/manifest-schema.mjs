import { formsOf, refusing } from './manifest-forms.mjs';
import { sha256, vault } from './material.mjs';

/** Bundles with a seal that verifies, over manifests that are not of the form of their schema. */
export function schemaVectors(writer, lib) {
  const { swap, asked, said, joined } = formsOf(writer, lib);
  const requests = refusing('REQUEST-SCHEMA', 'B-33', 'request');
  const responses = refusing('RESPONSE-SCHEMA', 'B-33', 'response');
  const combinations = refusing('COMBINED-SCHEMA', 'B-33', 'combined');
  return [
    requests(
      'extra-member',
      'a member that is not in the schema',
      asked((m) => ({ ...m, note: 'x' })),
    ),
    requests(
      'no-member',
      'a member is missing',
      asked((m) => {
        delete m.notAfter;
      }),
    ),
    requests(
      'text-number',
      'a number as a text',
      asked((m) => ({ ...m, sequence: '3' })),
    ),
    requests(
      'negative',
      'a negative version',
      asked((m) => {
        m.repositories[0].result[0].version = -1;
      }),
    ),
    requests(
      'identifier',
      'an identifier in upper case',
      asked((m) => ({ ...m, id: 'A'.repeat(32) })),
    ),
    requests(
      'fraction-time',
      'a time with a fraction',
      asked((m) => ({ ...m, created: '2026-11-02T10:00:00.0Z' })),
    ),
    requests(
      'offset-time',
      'a time of another zone',
      asked((m) => ({ ...m, created: '2026-11-02T10:00:00+00:00' })),
    ),
    requests(
      'operation',
      'an operation that is not in the table',
      asked((m) => {
        m.repositories[0].operation = 'everything';
      }),
    ),
    requests(
      'environment',
      'an environment that does not exist',
      asked((m) => ({ ...m, environment: 'staging' })),
    ),
    requests(
      'nobody',
      'no recipient',
      asked((m) => ({ ...m, to: [] })),
    ),
    requests(
      'crowd',
      'seventeen recipients',
      asked((m) => ({
        ...m,
        to: Array.from({ length: 17 }, (_, at) => ({
          ...vault,
          key: sha256(String(at)),
          heard: null,
          head: null,
        })),
      })),
    ),
    requests(
      'no-repository',
      'no repository',
      asked((m) => ({ ...m, repositories: [] })),
    ),
    requests(
      'path',
      'a reference that is a path',
      asked((m) => {
        m.repositories[0].changes = 'files/../../etc/passwd';
      }),
    ),
    requests(
      'station',
      'a station’s name in upper case',
      asked((m) => ({ ...m, from: { ...m.from, name: 'Desk' } })),
    ),
    requests(
      'control',
      'a C1 control character in a role',
      asked((m) => {
        m.repositories[0].base[0].role = '\u009b2J';
      }),
    ),
    requests(
      'long-role',
      'a role of 256 characters',
      asked((m) => {
        m.repositories[0].base[0].role = 'r'.repeat(256);
      }),
    ),
    responses('prototype', 'a member named __proto__', swap('{"created"', '{"__proto__":{},"created"')),
    responses(
      'outcome',
      'an outcome that does not exist',
      said((m) => {
        m.repositories[0].roles[0].outcome = 'maybe';
      }),
    ),
    responses(
      'method',
      'a signature method that does not exist',
      said((m) => {
        m.repositories[0].roles[0].signatures[0].method = 'none';
      }),
    ),
    responses(
      'signature',
      'a signature that is not base64',
      said((m) => {
        m.repositories[0].roles[0].signatures[0].value = 'a_b-';
      }),
    ),
    responses(
      'long-signature',
      'a signature of 3 KiB',
      said((m) => {
        m.repositories[0].roles[0].signatures[0].value = 'A'.repeat(4096);
      }),
    ),
    responses(
      'tool',
      'a control sequence in the name of the tool',
      said((m) => ({ ...m, tool: 'a\u202eb' })),
    ),
    combinations(
      'none',
      'no part at all',
      joined((m) => ({ ...m, parts: [] })),
    ),
  ];
}
