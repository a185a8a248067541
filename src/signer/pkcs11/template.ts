import { CKA } from './constants.ts';

/** One attribute of a template, with the only kinds of value that we ever send. */
export interface TemplateAttribute {
  readonly type: number;
  readonly value: boolean | number | Uint8Array;
}

export type Template = readonly TemplateAttribute[];

interface NativeAttribute {
  type: number;
  value: boolean | number | Buffer;
}

const KNOWN: ReadonlySet<number> = new Set(Object.values(CKA));

/**
 * A template as the binding takes it. Everything is checked before the native call, because the binding frees
 * uninitialised memory when it meets a malformed attribute half-way.
 *
 * @throws TypeError for anything that is not exactly a known attribute with a value of the allowed kinds
 */
export function nativeTemplate(template: Template): NativeAttribute[] {
  if (!Array.isArray(template)) throw new TypeError('a template is a list of attributes');
  return (template as readonly unknown[]).map(nativeAttribute);
}

function nativeAttribute(attribute: unknown): NativeAttribute {
  if (typeof attribute !== 'object' || attribute === null) throw new TypeError('an attribute is an object');
  const { type, value } = attribute as { type?: unknown; value?: unknown };
  if (typeof type !== 'number' || !KNOWN.has(type)) throw new TypeError('an attribute has a known type');
  if (typeof value === 'boolean') return { type, value };
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff)
    return { type, value };
  if (value instanceof Uint8Array) return { type, value: Buffer.from(value) };
  throw new TypeError('an attribute has a boolean, an unsigned 32-bit number or bytes');
}
