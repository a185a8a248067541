import { sha256 } from './material.mjs';

const HASH = sha256('content');
const add = (custom, more = '') =>
  `[{"custom":${custom},${more}"evidence":null,"hashes":{"sha256":"${HASH}"},"length":7,"name":"1.0","role":"targets","type":"add"}]`;
const lists = (levels) => '['.repeat(levels) + ']'.repeat(levels);
/** JSON text of so many bytes. */
const sized = (bytes) => `"${'x'.repeat(bytes - 2)}"`;

/** Lists of changes, each alone: what they may say of a target, and what nobody may. */
export function changesVectors() {
  const vector = (file, title, text, expect) => ({
    file: `changes-${file}`,
    bytes: Buffer.from(text),
    kinds: ['changes'],
    rule: 'B-43',
    title,
    expect,
  });
  const valid = (file, title, text) =>
    vector(file, title, text, { kind: 'changes', digest: sha256(Buffer.from(text)) });
  const hostile = (check) => (file, title, text) => vector(file, title, text, { check });
  const canonical = hostile('JSON-CANONICAL');
  const custom = hostile('CHANGE-CUSTOM');
  return [
    valid('none', 'a target without custom data', add('').replace('"custom":,', '')),
    valid('null', 'a target that is to have no custom data', add('null')),
    valid('object', 'custom data of every type', add('{"":[],"a":[-1,0,true,null,{"b":"\u00fc\u{1f511}"}]}')),
    valid('order', 'member names in the order of their UTF-8 bytes', add('{"\uff5e":1,"\u{1f600}":2}')),
    valid('inherited', 'members that programs inherit', add('{"__proto__":{"a":1},"constructor":2}')),
    valid('size', 'custom data of 65,536 bytes', add(sized(65_536))),
    valid('levels', 'custom data of 16 levels', add(lists(16))),
    custom('longer', 'custom data of 65,537 bytes', add(sized(65_537))),
    custom('longer-bytes', 'bytes count, not characters', add(`"${'\u00fc'.repeat(40_000)}"`)),
    custom('deeper', 'custom data of 17 levels', add(lists(17))),
    canonical('deepest', 'custom data of 64 levels', add(lists(64))),
    canonical('float', 'a float', add('{"a":1.5}')),
    canonical('exponent', 'an integer with an exponent', add('{"a":1e3}')),
    canonical('large', 'an integer of more than 53 bits', add('{"a":9007199254740993}')),
    canonical('minus-zero', 'minus zero', add('[-0]')),
    canonical('twice', 'a member twice', add('{"a":1,"a":2}')),
    canonical(
      'twice-inherited',
      'a member twice that programs inherit',
      add('{"__proto__":1,"__proto__":1}'),
    ),
    canonical('custom-twice', 'custom data twice', add('1', '"custom":2,')),
    canonical('space', 'white space', add('{"a": 1}')),
    canonical('unsorted', 'members in another order', add('{"b":1,"a":2}')),
    canonical('utf16', 'members in the order of UTF-16', add('{"\u{1f600}":1,"\uff5e":2}')),
    canonical('escape', 'a letter that is escaped', add('"\\u0061"')),
    canonical('line-feed', 'a control character that is escaped', add('"\\n"')),
    hostile('JSON-STRICT')('raw-line-feed', 'a control character', add('"\n"')),
    canonical('surrogate', 'half a surrogate pair', add('"\\ud800"')),
    hostile('CHANGES-SCHEMA')(
      'remove',
      'custom data of a target that goes',
      '[{"custom":{},"name":"1.0","role":"targets","type":"remove"}]',
    ),
  ];
}
