import {
  answered,
  combined,
  contents,
  DESK,
  firstRoot,
  newTargets,
  request,
  response,
  safe,
  sha256,
  vault,
  VAULT,
  ZERO,
} from './material.mjs';

/** Bundles with a seal that verifies, over a manifest that must be refused all the same. */
export function manifestVectors(writer, lib) {
  const sealed = (kind, bytes, files) =>
    writer.tar(writer.entriesOf({ kind, bytes, files, key: kind === 'request' ? DESK : VAULT }));
  const of = (check, rule, prefix) => (file, title, content) => ({
    file: `${prefix}-${file}`,
    bytes: content,
    rule,
    title,
    expect: { check },
  });
  /** A response whose manifest's text was changed before it was sealed. */
  const text = (change) => {
    const { files, add } = contents();
    const before = writer.manifestBytes(response([answered(add)]), files).toString('latin1');
    const after = change(before);
    if (after === before) throw new Error('nothing was changed');
    return sealed('response', Buffer.from(after, 'latin1'), files);
  };
  const swap = (from, to) => text((before) => before.replace(from, to));
  /** A bundle whose manifest was changed before its list of files was made and sealed. */
  const made = (kind, base) => (change) => {
    const { files, add } = contents();
    const manifest = base(add);
    const changed = change(manifest, add) ?? manifest;
    return sealed(kind, writer.manifestBytes(changed, files), files);
  };
  const asked = made('request', (add) => request([newTargets(add)]));
  const first = made('request', (add) => request([firstRoot(add)]));
  const said = made('response', (add) => response([answered(add)]));
  const part = (add, name) => ({ digest: sha256(name), manifest: add(name), seal: add(`seal of ${name}`) });
  const joined = made('combined', (add) =>
    combined([part(add, 'a'), part(add, 'b')].sort((x, y) => (x.digest < y.digest ? -1 : 1))),
  );
  /** A response whose list of files was changed, and whose entries follow the list. */
  const listed = (change) => {
    const { files, add } = contents();
    const manifest = response([answered(add)]);
    const bytes = lib.canonicalBytes({ ...manifest, files: change(writer.filesOf(files)) });
    const [head, seal, ...rest] = writer.entriesOf({ kind: 'response', bytes, files, key: VAULT });
    const byName = new Map(rest);
    const order = JSON.parse(bytes.toString('utf8')).files.map(({ name }) => [
      name,
      byName.get(name) ?? Buffer.alloc(0),
    ]);
    return writer.tar([head, seal, ...order]);
  };
  const json = of('BUNDLE-MANIFEST', 'B-30', 'json');
  const format = of('BUNDLE-FORMAT', 'B-31', 'format');
  const requests = of('REQUEST-SCHEMA', 'B-33', 'request');
  const responses = of('RESPONSE-SCHEMA', 'B-33', 'response');
  const combinations = of('COMBINED-SCHEMA', 'B-33', 'combined');
  const order = of('BUNDLE-ORDER', 'B-34', 'list');
  const time = of('BUNDLE-TIME', 'B-35', 'time');
  const reference = of('BUNDLE-REFERENCE', 'B-36', 'reference');

  return [
    json(
      'empty',
      'no bytes',
      text(() => ''),
    ),
    json(
      'not-json',
      'not JSON',
      text(() => 'manifest'),
    ),
    json('member-twice', 'a member twice', swap('"sequence":7', '"sequence":6,"sequence":7')),
    json(
      'member-twice-escaped',
      'a member twice, once with an escape',
      swap('"sequence":7', '"sequence":7,"sequenc\\u0065":7'),
    ),
    json('white-space', 'white space', swap('"sequence":7', '"sequence": 7')),
    json(
      'newline',
      'a newline at the end',
      text((before) => `${before}\n`),
    ),
    json(
      'trailing',
      'a second document after the first',
      text((before) => `${before}{}`),
    ),
    json(
      'unsorted',
      'members that are not sorted',
      swap('"sequence":7,"to":', '"to":').slice(0, 0).length === 0
        ? swap(/"sequence":7,(.*)\}$/, '$1,"sequence":7}')
        : Buffer.alloc(0),
    ),
    json(
      'byte-order-mark',
      'a byte order mark',
      text((before) => `\u00ef\u00bb\u00bf${before}`),
    ),
    json('invalid-utf8', 'a byte that is not UTF-8', swap('countersign 0.1.0', 'countersign \u00ff')),
    json('lone-surrogate', 'half of a surrogate pair', swap('countersign 0.1.0', '\\ud800')),
    json('escaped-ascii', 'an escape where none is needed', swap('countersign 0.1.0', '\\u0063ountersign')),
    json('escaped-slash', 'an escaped slash', swap('team/app', 'team\\/app')),
    json('control', 'a raw control character in a text', swap('countersign 0.1.0', 'a\u001b[2J')),
    json('fraction', 'a number with a fraction', swap('"sequence":7', '"sequence":7.0')),
    json('exponent', 'a number with an exponent', swap('"sequence":7', '"sequence":7e0')),
    json('infinite', 'a number without end', swap('"sequence":7', '"sequence":1e400')),
    json('large', 'a number that is rounded', swap('"sequence":7', '"sequence":9007199254740993')),
    json('minus-zero', 'minus zero', swap('"sequence":7', '"sequence":-0')),
    json('leading-zero', 'a number with a leading zero', swap('"sequence":7', '"sequence":07')),
    json(
      'deep',
      'nested 100 levels deep',
      swap('"sequence":7', `"sequence":${'['.repeat(100)}${']'.repeat(100)}`),
    ),
    json('comment', 'a comment', swap('"sequence":7', '"sequence":7/**/')),
    json('comma', 'a comma too many', swap('"sequence":7,', '"sequence":7,,')),
    format(
      'array',
      'an array',
      text(() => '[]'),
    ),
    format(
      'null',
      'null',
      text(() => 'null'),
    ),
    format('newer', 'a format that is not known', swap('countersign-1', 'countersign-2')),
    format('none', 'no format', swap('"format":"countersign-1",', '')),
    requests(
      'extra-member',
      'a member that is not in the schema',
      asked((m) => ({ ...m, note: 'x' })),
    ),
    requests(
      'no-member',
      'a member is missing',
      asked(({ notAfter: _, ...rest }) => rest),
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
    responses(
      'prototype',
      'a member named __proto__',
      swap('"environment":', '"__proto__":{},"environment":'),
    ),
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
      'one',
      'one part only',
      joined((m) => ({ ...m, parts: m.parts.slice(1) })),
    ),
    order(
      'files-swapped',
      'files that are not sorted',
      listed((files) => [...files].reverse()),
    ),
    order(
      'files-twice',
      'a file twice',
      listed(([one, ...rest]) => [one, one, ...rest]),
    ),
    order(
      'recipients',
      'recipients that are not sorted',
      asked((m) => ({
        ...m,
        to: [vault, safe]
          .sort((a, b) => (a.key > b.key ? -1 : 1))
          .map((at) => ({ ...at, heard: null, head: null })),
      })),
    ),
    order(
      'recipient-twice',
      'a recipient twice',
      asked((m) => ({ ...m, to: [m.to[0], m.to[0]] })),
    ),
    order(
      'repositories',
      'repositories that are not sorted',
      asked((m, add) => ({ ...m, repositories: [m.repositories[0], newTargets(add, 'a')] })),
    ),
    order(
      'repository-twice',
      'a repository twice',
      asked((m) => ({ ...m, repositories: [m.repositories[0], m.repositories[0]] })),
    ),
    order(
      'base',
      'base files that are not sorted',
      asked((m) => {
        m.repositories[0].base.reverse();
      }),
    ),
    order(
      'supersedes',
      'superseded requests that are not sorted',
      asked((m) => {
        m.repositories[0].supersedes = ['f'.repeat(64), ZERO];
      }),
    ),
    order(
      'roots',
      'a root twice',
      asked((m) => {
        m.repositories[0].roots.push(m.repositories[0].roots[0]);
      }),
    ),
    order(
      'slots',
      'two slots of one name',
      first((m) => {
        m.repositories[0].result[1].slots[0].id = 'root.certificate';
      }),
    ),
    order(
      'signers',
      'a signer twice',
      asked((m) => {
        const { signers } = m.repositories[0].result[0];
        signers.push(signers[0]);
      }),
    ),
    order(
      'fills',
      'a slot that is filled twice',
      said((m) => {
        const { fills } = m.repositories[0];
        fills.push(fills[0]);
      }),
    ),
    order(
      'roles',
      'a role that is answered twice',
      said((m) => {
        const { roles } = m.repositories[0];
        roles.push(roles[0]);
      }),
    ),
    order(
      'signatures',
      'two signatures under one key ID',
      said((m) => {
        const { signatures } = m.repositories[0].roles[0];
        signatures.push(signatures[0]);
      }),
    ),
    order(
      'parts',
      'parts that are not sorted',
      joined((m) => {
        m.parts.reverse();
      }),
    ),
    time(
      'february',
      'the 30th of February',
      asked((m) => ({ ...m, notAfter: '2027-02-30T10:00:00Z' })),
    ),
    time(
      'month',
      'a thirteenth month',
      asked((m) => ({ ...m, created: '2026-13-01T10:00:00Z' })),
    ),
    time(
      'midnight',
      'an hour 24',
      asked((m) => {
        m.repositories[0].result[0].expires = '2029-11-02T24:00:00Z';
      }),
    ),
    reference(
      'absent',
      'a reference to a file that is not listed',
      said((m) => {
        m.repositories[0].roles[0].document = `files/${ZERO}`;
      }),
    ),
    reference(
      'other-part',
      'a part under the digest of another',
      joined((m) => {
        m.parts[0].digest = ZERO;
      }),
    ),
    of('BUNDLE-UNREFERENCED', 'B-37', 'reference')(
      'idle',
      'a listed file that nothing refers to',
      said((m, add) => {
        add('smuggled');
      }),
    ),
    of('BUNDLE-ENTRY', 'B-38', 'file')(
      'other-name',
      'a file under the name of another content',
      listed(([one, ...rest]) => [{ ...one, sha256: ZERO }, ...rest]),
    ),
    of('BUNDLE-ENTRY', 'B-11', 'file')(
      'other-size',
      'a listed size that is not that of the entry',
      listed(([one, ...rest]) => [{ ...one, size: one.size + 1 }, ...rest]),
    ),
  ];
}
