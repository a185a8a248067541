import { formsOf, refusing } from './manifest-forms.mjs';

/** Bundles with a seal that verifies, over manifests that are not the canonical JSON of a known format. */
export function jsonVectors(writer, lib) {
  const { text, swap } = formsOf(writer, lib);
  const json = refusing('BUNDLE-MANIFEST', 'B-30', 'json');
  const format = refusing('BUNDLE-FORMAT', 'B-31', 'format');
  return [
    refusing('BUNDLE-SIZE', 'B-01', 'json')(
      'empty',
      'no bytes, so that the file is a block too short',
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
    json('unsorted', 'members that are not sorted', swap(/"sequence":7,(.*)\}$/, '$1,"sequence":7}')),
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
  ];
}
