import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { canonicalBytes } from '../../src/encoding/canonical-json.ts';
import type { Marks } from '../../src/exchange/marks.ts';
import type { RepositoryReading } from '../../src/exchange/read-request.ts';
import type { SignedDocument } from '../../src/metadata/document.ts';
import { readRootCertificate } from '../../src/metadata/notary/certificate.ts';
import { notary } from '../../src/metadata/notary/dialect.ts';
import { certificateKeyObject, keyId } from '../../src/metadata/notary/keys.ts';
import { anomaliesOf } from '../../src/review/anomalies.ts';
import { runOk, scratchFolder } from '../peers/process.ts';

const GUN = 'registry.example.com/team/app';
const NOBODY = {
  holders: new Map<string, string>(),
  vouched: new Set<string>(),
  own: () => false,
  filler: 'vault',
  dropped: new Set<string>(),
};
const PINNED = { version: 1, sha256: '0'.repeat(64) };

/** A root whose one key is a certificate of this common name, as somebody else's tools made it. */
async function rootFor(commonName: string): Promise<{ root: SignedDocument; id: string }> {
  const folder = scratchFolder('certificate');
  const pem = join(folder, 'root.pem');
  await runOk('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '30'],
    ...['-subj', `/CN=${commonName.replaceAll('/', '\\/')}`, '-addext', 'basicConstraints=critical,CA:FALSE'],
    ...['-keyout', join(folder, 'root.key'), '-out', pem],
  ]);
  const bytes = readFileSync(pem);
  const object = certificateKeyObject(readRootCertificate(bytes).publicKey, bytes);
  const id = keyId(object);
  const roles = Object.fromEntries(
    ['root', 'targets', 'snapshot', 'timestamp'].map((role) => [role, { keyids: [id], threshold: 1 }]),
  );
  const signed = { ...notary.newRoot(), keys: { [id]: object }, roles, version: 1 };
  const file = notary.write(
    canonicalBytes({ ...signed, expires: '2030-01-01T00:00:00Z' }),
    [{ keyid: id, method: 'ecdsa', value: new Uint8Array(64) }],
    {},
  );
  return { root: notary.parse('root', file), id };
}

/** What an officer is shown of a repository with this root. */
function shown(
  root: SignedDocument,
  pinned: Marks['pinned'],
): { id: string; typed: boolean; text: string }[] {
  const base = { root, roots: [root], timestamp: null, snapshot: null, strays: [], broken: [] };
  const reading = {
    dialect: notary,
    record: { name: GUN, base: [], supersedes: [], serverKeys: [] },
    base: { ...base, targets: new Map(), parents: new Map() },
    roles: [],
    changes: [],
    now: Date.now(),
  } as unknown as RepositoryReading;
  const marks: Marks = { pinned, seen: new Map(), signed: new Map(), partner: null };
  return anomaliesOf(reading, [], marks, 'build', Date.now() / 1000, NOBODY, []).filter(({ id }) =>
    id.startsWith('CERTIFICATE-WILDCARD'),
  );
}

test.each(['registry.example.com/team/*', 'registry.example.com/*', '*', `${GUN}*`])(
  'M5 CERTIFICATE-WILDCARD: an adopted root whose certificate is for %s is unusual, and typed at first contact',
  async (name) => {
    const { root, id } = await rootFor(name);
    // every client takes the key for this repository
    expect(notary.roleKeys(root, 'root', { repository: GUN, now: Date.now() }).keys).toHaveLength(1);
    const [first, ...more] = shown(root, null);
    expect(first).toMatchObject({ id: `CERTIFICATE-WILDCARD:${GUN}:${id}`, typed: true });
    expect(first?.text).toContain(`for ${name}: `);
    expect(more).toEqual([]);
    expect(shown(root, PINNED)).toEqual([{ ...first, typed: false }]);
  },
);

test('M5 a certificate for the repository alone is not unusual', async () => {
  const { root } = await rootFor(GUN);
  expect(shown(root, null)).toEqual([]);
});
