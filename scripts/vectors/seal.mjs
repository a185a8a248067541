import {
  contents,
  declined,
  DESK,
  keyOf,
  refreshed,
  request,
  response,
  STRANGER,
  VAULT,
} from './material.mjs';

/** Order of Ed25519's base point. */
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;

/** Bundles that are right but for their seal. */
export function sealVectors(writer, lib) {
  const { files } = contents();
  const bytes = writer.manifestBytes(response([declined()]), files);
  const good = writer.sealOf('response', bytes, VAULT);
  const text = good.toString('utf8');
  const { signature } = JSON.parse(text);
  const raw = Buffer.from(signature, 'base64');
  const bundle = (seal, manifest = bytes) =>
    writer.tar(
      writer.entriesOf({ kind: 'response', bytes: manifest, files, key: VAULT, seal: Buffer.from(seal) }),
    );
  const of =
    (check, rule) =>
    (file, title, content, kinds = ['response']) => ({
      file: `seal-${file}`,
      bytes: content,
      rule,
      title,
      kinds,
      expect: { check },
    });
  const form = of('SEAL-FORM', 'B-20');
  const key = of('SEAL-KEY', 'B-24');
  const wrong = of('SEAL-SIGNATURE', 'B-21');
  const strict = of('SEAL-SIGNATURE', 'B-23');
  const type = of('SEAL-SIGNATURE', 'B-22');
  const by = (publicKey, value) => bundle(lib.encodeSeal({ publicKey, signature: value }));
  const point = (hex) => Buffer.from(hex, 'hex');
  const identity = point('01' + '00'.repeat(31));
  // R is the identity and S is zero: for a key of small order that verifies over any message by the loose rules.
  const forged = Buffer.concat([identity, Buffer.alloc(32)]);
  const pae = (kind, body) => lib.preAuthentication(kind, body);
  const changed = Buffer.from(bytes.toString('utf8').replace('"sequence":7', '"sequence":8'));
  const asked = contents();
  const asRequest = writer.manifestBytes(request([refreshed(asked.add)]), asked.files);
  const envelope = JSON.stringify({
    payload: '',
    payloadType: 'x',
    signatures: [{ keyid: '', sig: signature }],
  });

  return [
    form('empty', 'no bytes', bundle('')),
    form('not-json', 'not JSON', bundle('seal')),
    form('white-space', 'white space in it', bundle(text.replace(',', ', '))),
    form('newline', 'a newline at its end', bundle(`${text}\n`)),
    form('extra-member', 'a further member', bundle(text.replace('{', '{"alg":"none",'))),
    form('no-signature', 'no signature', bundle(text.replace(/,.*/, '}'))),
    form('twice', 'a member twice', bundle(text.replace('{', `{"key":"${STRANGER.raw.toString('hex')}",`))),
    form(
      'upper-case',
      'a key in upper case',
      bundle(text.replace(/[0-9a-f]{64}/, (hex) => hex.toUpperCase())),
    ),
    form('short-key', 'a key of 31 bytes', bundle(text.replace(/[0-9a-f]{64}/, (hex) => hex.slice(2)))),
    form(
      'short-signature',
      'a signature of 63 bytes',
      bundle(text.replace(signature, raw.subarray(1).toString('base64'))),
    ),
    form(
      'base64url',
      'a signature in base64url',
      bundle(text.replace(signature, Buffer.alloc(64, 0xff).toString('base64url'))),
    ),
    form('unpadded', 'a signature without its padding', bundle(text.replace(/=+"/, '"'))),
    form('array', 'key and signature in arrays', bundle(text.replace(/:("[^"]*")/g, ':[$1]'))),
    form('envelope', 'a DSSE envelope', bundle(envelope)),
    key('identity', 'the identity as a key, with a signature that fits every message', by(identity, forged)),
    key(
      'order-4',
      'a key of order 4, with a signature that fits every message',
      by(Buffer.alloc(32), forged),
    ),
    key(
      'order-8',
      'a key of order 8',
      by(point('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05'), forged),
    ),
    key(
      'not-reduced',
      'the identity written as a number above the field’s prime',
      by(point('ee' + 'ff'.repeat(30) + '7f'), forged),
    ),
    key('no-point', 'a key that is no point of the curve', by(point('02' + '00'.repeat(31)), forged)),
    wrong('other-key', 'a key that did not sign', by(STRANGER.raw, raw)),
    wrong(
      'bare',
      'a signature over the manifest without the encoding around it',
      by(VAULT.raw, VAULT.sign(bytes)),
    ),
    wrong('zero', 'a signature of zeros', by(VAULT.raw, Buffer.alloc(64))),
    wrong('changed', 'a manifest that was changed after it was sealed', bundle(good, changed)),
    wrong(
      'length',
      'an encoding that names another length',
      by(
        VAULT.raw,
        VAULT.sign(
          Buffer.from(
            pae('response', bytes)
              .toString('latin1')
              .replace(/ \d+ \{/, ' 0 {'),
            'latin1',
          ),
        ),
      ),
    ),
    strict('malleable', 'the order of the group added to S', by(VAULT.raw, withOrder(raw))),
    type('card', 'a card’s seal over a response', by(VAULT.raw, VAULT.sign(pae('card', bytes)))),
    type(
      'transcript',
      'a transcript’s seal over a response',
      by(VAULT.raw, VAULT.sign(pae('transcript', bytes))),
    ),
    type(
      'reflected',
      'a request where a response is expected',
      writer.tar(writer.entriesOf({ kind: 'request', bytes: asRequest, files: asked.files, key: DESK })),
    ),
    of('SEAL-SENDER', 'B-25')(
      'other-sender',
      'sealed by another station than the one that it names',
      writer.tar(writer.entriesOf({ kind: 'response', bytes, files, key: keyOf('safe') })),
    ),
    of('BUNDLE-KIND', 'B-32')(
      'other-kind',
      'a response that is sealed as a request',
      writer.tar(writer.entriesOf({ kind: 'request', bytes, files, key: VAULT })),
      ['request', 'response'],
    ),
  ];
}

/** R, and S plus the order of the group: the same signature by the loose rules. */
function withOrder(signature) {
  let value = ORDER;
  for (let at = 63; at >= 32; at--) value += BigInt(signature[at]) << BigInt(8 * (at - 32));
  const copy = Buffer.from(signature);
  for (let at = 32; at < 64; at++, value >>= 8n) copy[at] = Number(value & 255n);
  return copy;
}
