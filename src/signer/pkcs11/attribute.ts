import { CKA } from './constants.ts';
import type { Template } from './template.ts';

/** Attributes are CK_BBOOL (1 byte) or CK_ULONG (8 bytes, host order) or bytes. */
export function readBoolean(value: Buffer | null): boolean | null {
  return value?.length !== 1 ? null : value[0] !== 0;
}

/** A CK_ULONG attribute, or null where it is absent, unreadable or CK_UNAVAILABLE_INFORMATION. */
export function readUlong(value: Buffer | null): number | null {
  if (value?.length !== 8) return null;
  const number = value.readBigUInt64LE();
  return number > 0xffff_ffffn ? null : Number(number);
}

/** What identifies a class of object in a search. */
export function ofClass(objectClass: number): Template {
  return [{ type: CKA.class, value: objectClass }];
}
