import { Metadata, MetadataKind, Signature, type Targets } from '@tufjs/models';
import { describe, expect, test } from 'vitest';
import { signedOf } from '../peers/signed-content.ts';
import type { SignedDocument } from '../../src/metadata/document.ts';
import { ALGORITHMS, type Algorithm } from '../../src/metadata/key.ts';
import { countSigners, requireThreshold } from '../../src/metadata/threshold.ts';
import { tuf } from '../../src/metadata/tuf/dialect.ts';
import {
  CONTEXT,
  EXPIRES,
  quorumOf,
  rootOf,
  signatureOf,
  signedBy,
  targetsOf,
  testKey,
  type TestKey,
} from './documents.ts';

const keys = new Map<Algorithm, TestKey>(ALGORITHMS.map((algorithm) => [algorithm, testKey(algorithm)]));

/** tuf-js hashes with SHA-256 whatever the curve, against its own scheme's name: it reads P-384, and never verifies. */
const VERIFIED_THERE = ALGORITHMS.filter((algorithm) => algorithm !== 'ecdsa-p384');

type Kind = 'root' | 'targets' | 'snapshot' | 'timestamp';

function asTufJs(kind: Kind, document: SignedDocument) {
  const json = JSON.parse(Buffer.from(document.file).toString()) as never;
  return {
    root: () => Metadata.fromJSON(MetadataKind.Root, json),
    targets: () => Metadata.fromJSON(MetadataKind.Targets, json),
    snapshot: () => Metadata.fromJSON(MetadataKind.Snapshot, json),
    timestamp: () => Metadata.fromJSON(MetadataKind.Timestamp, json),
  }[kind]();
}

describe('documents that we write, read by tuf-js', () => {
  test.each(VERIFIED_THERE)('a root of %s verifies there', (algorithm) => {
    const key = keys.get(algorithm)!;
    const root = asTufJs('root', signedBy('root', rootOf([key]), [key]));
    expect(() => {
      root.verifyDelegate('root', root);
    }).not.toThrow();
  });

  test.each([...ALGORITHMS])('a signature by another key of %s does not count', (algorithm) => {
    const [key, other] = [
      keys.get(algorithm)!,
      testKey(algorithm.startsWith('rsa') ? 'rsa-2048' : algorithm),
    ];
    const document = signedBy('root', rootOf([key]), [{ ...other, id: key.id }]);
    const root = asTufJs('root', document);
    expect(() => {
      root.verifyDelegate('root', root);
    }).toThrow(/signed by 0\/1/);
    expect(countSigners(tuf, tuf.roleKeys(document, 'root', CONTEXT), document).signers).toEqual([]);
  });

  test('R10 thresholds count there as here: 2 of 5 mixed kinds', () => {
    const mixed = VERIFIED_THERE.map((algorithm) => keys.get(algorithm)!);
    const signed = rootOf(mixed, 2);
    for (const [signers, enough] of [
      [mixed.slice(0, 1), false],
      [mixed.slice(1, 3), true],
      [mixed, true],
    ] as const) {
      const document = signedBy('root', signed, signers);
      const there = asTufJs('root', document);
      const check = expect(() => {
        there.verifyDelegate('root', there);
      });
      const ours = expect(() =>
        requireThreshold(tuf, tuf.roleKeys(document, 'root', CONTEXT), document, 'CHAIN-ROOT'),
      );
      if (enough) {
        check.not.toThrow();
        ours.not.toThrow();
      } else {
        check.toThrow();
        ours.toThrow('root is not signed by enough of its keys');
      }
    }
  });

  test('a whole repository: delegation, snapshot, timestamp', () => {
    const key = keys.get('ed25519')!;
    const signer = keys.get('ecdsa-p256')!;
    const below = signedBy('team-app', targetsOf(['app/1.bin']), [signer]);
    const declared = { quorum: quorumOf([signer]), paths: ['app/*'], hashPrefixes: [], terminating: true };
    const withRole = tuf.withDelegations(targetsOf(['top']), [{ role: 'team-app', declared }]);
    const targets = signedBy('targets', withRole, [key]);
    const files = new Map([
      ['targets', targets],
      ['team-app', below],
    ]);
    const snapshot = signedBy('snapshot', tuf.newSnapshot(null, files, 1, EXPIRES), [key]);
    const timestamp = signedBy('timestamp', tuf.newTimestamp(null, snapshot, 1, EXPIRES), [key]);

    const root = asTufJs('root', signedBy('root', rootOf([key]), [key]));
    root.verifyDelegate('timestamp', asTufJs('timestamp', timestamp));
    root.verifyDelegate('snapshot', asTufJs('snapshot', snapshot));
    const parent = asTufJs('targets', targets) as Metadata<Targets>;
    root.verifyDelegate('targets', parent);
    parent.verifyDelegate('team-app', asTufJs('targets', below));
    expect([...parent.signed.delegations!.rolesForTarget('app/1.bin')]).toEqual([
      { role: 'team-app', terminating: true },
    ]);
    const meta = Metadata.fromJSON(
      MetadataKind.Snapshot,
      JSON.parse(snapshot.file.toString()) as never,
    ).signed;
    expect(() => {
      meta.meta['team-app.json']!.verify(Buffer.from(below.file));
    }).not.toThrow();
  });
});

describe('documents that tuf-js writes, read by us', () => {
  test('a root with unknown members, signed by our key over its own canonical form', () => {
    const key = keys.get('rsa-2048')!;
    const root = Metadata.fromJSON(MetadataKind.Root, {
      signatures: [],
      signed: { ...rootOf([key]), 'x-note': 'stays' },
      'x-outside': [1],
    });
    root.sign((bytes) => {
      const { keyid, value } = signatureOf(key, bytes);
      return new Signature({ keyID: keyid, sig: Buffer.from(value).toString('hex') });
    });
    const file = JSON.stringify(root.toJSON(), null, 1);
    const document = tuf.parse('root', Buffer.from(file));
    expect(countSigners(tuf, tuf.roleKeys(document, 'root', CONTEXT), document).signers).toEqual([key.id]);
    expect(tuf.notUnderstood(document)).toEqual(['/x-outside', '/signed/x-note']);
    expect(document.outside).toEqual({ 'x-outside': [1] });
  });

  test('an unsigned targets document with delegations means the same', () => {
    const key = keys.get('ecdsa-p384')!;
    const declared = { quorum: quorumOf([key]), paths: [], hashPrefixes: ['0', 'f'], terminating: false };
    const ours = tuf.withDelegations(targetsOf(['a', 'b/c']), [{ role: 'bins', declared }]);
    const there = Metadata.fromJSON(MetadataKind.Targets, { signatures: [], signed: ours } as never);
    const document = tuf.parse('targets', Buffer.from(JSON.stringify(there.toJSON())));
    expect(document.signed).toEqual(tuf.parse('targets', tuf.write(document.payload, [], {})).signed);
    expect(tuf.delegatedKeys(document, 'bins')?.keys[0]?.public).toEqual(key.public);
    expect(signedOf(document.payload)['targets']).toEqual(ours['targets']);
  });
});
