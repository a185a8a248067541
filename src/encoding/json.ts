/** JSON as both dialects and our own formats allow it: no floats, no undefined. */
export type Json = null | boolean | number | string | JsonArray | JsonObject;
export type JsonArray = readonly Json[];
export interface JsonObject {
  readonly [member: string]: Json;
}

/** Whether the value is a JSON object (not an array, not null). */
export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether two values are the same, whatever the order of their members; what they share is not looked into. */
export function sameJson(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b))
    return (
      a.length === b.length && (a as JsonArray).every((item, at) => sameJson(item, (b as JsonArray)[at]))
    );
  if (!isObject(a) || !isObject(b)) return false;
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    // the very same value first: what is inherited is never the value of a member
    names.every((name) => a[name] === b[name] || (Object.hasOwn(b, name) && sameJson(a[name], b[name])))
  );
}
