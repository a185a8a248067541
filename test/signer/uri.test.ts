import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CountersignError } from '../../src/errors.ts';
import { resolveModule } from '../../src/signer/pkcs11/module.ts';
import { formatTokenUri, parseKeyUri, parseTokenUri, type TokenUri } from '../../src/signer/pkcs11/uri.ts';
import { caught } from './caught.ts';

describe('TOKEN-URI: the part of RFC 7512 that is accepted', () => {
  it('reads any order, an upper-case scheme and partly encoded values', () => {
    expect(
      parseTokenUri('PKCS11:serial=ab12;token=My%20Root;manufacturer=SoftHSM%20project;model=v2'),
    ).toEqual({
      token: 'My Root',
      serial: 'ab12',
      manufacturer: 'SoftHSM project',
      model: 'v2',
    });
    expect(parseTokenUri('pkcs11:id=%01a%fF;type=private;object=key')).toEqual({
      id: '0161ff',
      object: 'key',
    });
    expect(parseTokenUri('pkcs11:token=%e6%97%a5')).toEqual({ token: '日' });
    expect(parseTokenUri('pkcs11:')).toEqual({});
  });

  it('reads module-path and pin-source', () => {
    expect(parseTokenUri('pkcs11:token=a?module-path=/usr/lib/a.so&pin-source=file:/run/pin')).toEqual({
      token: 'a',
      modulePath: '/usr/lib/a.so',
      pinSource: '/run/pin',
    });
    expect(parseTokenUri('pkcs11:?pin-source=/run/pin').pinSource).toBe('/run/pin');
    expect(parseTokenUri('pkcs11:?pin-source=file:///run/pin').pinSource).toBe('/run/pin');
  });

  it('prints one canonical form', () => {
    const text = 'pkcs11:object=k%20y;id=%0aZ;serial=1;token=a%2fb?pin-source=/p/q&module-path=/m.so';
    expect(formatTokenUri(parseTokenUri(text))).toBe(
      'pkcs11:token=a%2Fb;serial=1;id=%0A%5A;object=k%20y;type=private?module-path=/m.so&pin-source=file:/p/q',
    );
  });

  it.each([
    'token=a',
    'pkcs12:token=a',
    'pkcs11:token=a;token=b',
    'pkcs11:token=',
    'pkcs11:token',
    'pkcs11:token=a;',
    'pkcs11:slot-id=1',
    'pkcs11:library-version=1',
    'pkcs11:x-vendor=1',
    'pkcs11:type=public',
    'pkcs11:type=private;type=private',
    'pkcs11:token=%2p',
    'pkcs11:token=%2',
    'pkcs11:token=a b',
    'pkcs11:token=%00a',
    'pkcs11:token=%0a',
    'pkcs11:token=%ff',
    'pkcs11:token=é',
    `pkcs11:token=${'a'.repeat(33)}`,
    'pkcs11:token=a#b',
    'pkcs11:token=a?',
    'pkcs11:token=a?module-name=x',
    'pkcs11:token=a?module-path=relative.so',
    'pkcs11:token=a?pin-source=%7ccommand',
    'pkcs11:token=a?pin-source=|command',
    'pkcs11:token=a?pin-source=https://host/pin',
    'pkcs11:token=a?pin-source=file:relative',
    'pkcs11:token=a?pin-source=file://host/pin',
    'pkcs11:token=a?pin-source=/a&pin-source=/b',
  ])('TOKEN-URI refuses %s', async (text) => {
    const error = await caught(() => parseTokenUri(text));
    expect(error).toMatchObject({ check: 'TOKEN-URI', exit: 2 });
  });

  it('R12 TOKEN-URI-PIN refuses pin-value and does not repeat it', async () => {
    for (const text of ['pkcs11:token=a?pin-value=canary77', 'pkcs11:?module-path=/a&PIN-VALUE=canary77']) {
      const error = await caught(() => parseTokenUri(text));
      expect(error).toMatchObject({ check: 'TOKEN-URI-PIN', exit: 2 });
      expect(JSON.stringify(error) + error.message + String(error.stack)).not.toContain('canary77');
    }
  });

  it('a key URI names an id or an object', async () => {
    expect(parseKeyUri('pkcs11:token=a;id=%01')).toEqual({ token: 'a', id: '01' });
    expect(await caught(() => parseKeyUri('pkcs11:token=a'))).toMatchObject({ check: 'TOKEN-URI' });
  });

  const word = (most: number) =>
    fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: most })

      .filter(
        (text) =>
          Buffer.byteLength(text) <= most && text.isWellFormed() && !/[\u0000-\u001f\u007f]/.test(text),
      );
  const path = word(40).map((text) => `/${text.replaceAll('/', '')}x`);
  const uris: fc.Arbitrary<TokenUri> = fc.record(
    {
      token: word(32),
      manufacturer: word(32),
      serial: word(16),
      model: word(16),
      id: fc.uint8Array({ minLength: 1, maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('hex')),
      object: word(60),
      modulePath: path,
      pinSource: path,
    },
    { requiredKeys: [] },
  );

  it('property: what is printed is read again as the same, and printing is canonical', () => {
    fc.assert(
      fc.property(uris, (uri) => {
        const text = formatTokenUri(uri);
        expect(text).toMatch(/^[ -~]+$/);
        expect(parseTokenUri(text)).toEqual(uri);
        expect(formatTokenUri(parseTokenUri(text))).toBe(text);
      }),
    );
  });

  it('property: any text is read or refused by a check, never anything else', () => {
    const noise = fc.oneof(
      fc.string(),
      fc.stringMatching(/^pkcs11:([a-z-]{1,8}=[%0-9a-zA-Z/]{0,9};?){0,3}(\?[a-z-]{1,8}=[%0-9a-z/]{0,6})?$/),
    );
    fc.assert(
      fc.property(noise, (text) => {
        try {
          parseTokenUri(text);
        } catch (error) {
          expect(error).toBeInstanceOf(CountersignError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('TOKEN-MODULE-ALLOW: only modules that the station allows', () => {
  const one = { path: '/usr/lib/one.so' };
  const two = { path: '/usr/lib/two.so', parameters: 'configdir=sql:/x' };

  it('gives the only one, or the named one with its parameters', () => {
    expect(resolveModule({ token: 'a' }, [one])).toBe(one);
    expect(resolveModule({ modulePath: two.path }, [one, two])).toBe(two);
  });

  it('refuses one that is not on the list, with the way out', async () => {
    const error = await caught(() => resolveModule({ modulePath: '/tmp/evil.so' }, [one]));
    expect(error).toMatchObject({ check: 'TOKEN-MODULE-ALLOW', exit: 3, found: '/tmp/evil.so' });
    expect(error.hint).toContain('countersign token allow /tmp/evil.so');
    expect(await caught(() => resolveModule({}, []))).toMatchObject({ check: 'TOKEN-MODULE-ALLOW', exit: 3 });
  });

  it('TOKEN-MODULE-CHOICE asks where several are allowed and none is named', async () => {
    expect(await caught(() => resolveModule({}, [one, two]))).toMatchObject({
      check: 'TOKEN-MODULE-CHOICE',
      exit: 2,
    });
  });
});
