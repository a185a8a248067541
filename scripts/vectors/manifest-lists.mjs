import { formsOf, refusing } from './manifest-forms.mjs';
import { refreshed, vault, safe, ZERO } from './material.mjs';

/** Bundles with a seal that verifies, over manifests of the right form whose lists, times or references are wrong. */
export function listVectors(writer, lib) {
  const { asked, first, said, joined, listed } = formsOf(writer, lib);
  const order = refusing('BUNDLE-ORDER', 'B-34', 'list');
  const time = refusing('BUNDLE-TIME', 'B-35', 'time');
  const reference = refusing('BUNDLE-REFERENCE', 'B-36', 'reference');
  return [
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
      asked((m, add) => ({ ...m, repositories: [m.repositories[0], refreshed(add, 'a')] })),
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
      'server-keys',
      'two keys of one role that the server holds',
      first((m) => {
        m.repositories[0].serverKeys[1].role = 'snapshot';
      }),
    ),
    order(
      'evidence',
      'two manifests for one target',
      asked((m, add) => {
        const item = { role: 'targets', target: '1.0', file: add('{}') };
        m.repositories[0].evidence = [item, item];
      }),
    ),
    order(
      'result',
      'two results for one role',
      asked((m) => {
        const { result } = m.repositories[0];
        result.push(result[0]);
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
      'marks',
      'two marks of one role',
      said((m) => {
        const { roles } = m.repositories[0].marks;
        roles.push(roles[0]);
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
    refusing('BUNDLE-UNREFERENCED', 'B-37', 'reference')(
      'idle',
      'a listed file that nothing refers to',
      said((m, add) => {
        add('smuggled');
      }),
    ),
    refusing('BUNDLE-ENTRY', 'B-38', 'file')(
      'other-name',
      'a file under the name of another content',
      listed(([one, ...rest]) => [{ ...one, sha256: ZERO }, ...rest]),
    ),
    refusing('BUNDLE-LIMIT', 'B-07', 'limit')(
      'entry',
      'a listed size of 8 GiB, which no header can give',
      listed(([one, ...rest]) => [{ ...one, size: 8 * 1024 ** 3 }, ...rest]),
    ),
    refusing('BUNDLE-ENTRY', 'B-11', 'file')(
      'other-size',
      'a listed size that is not that of the entry',
      listed(([one, ...rest]) => [{ ...one, size: one.size + 1 }, ...rest]),
    ),
  ];
}
