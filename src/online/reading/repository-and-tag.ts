import type { Home } from '../../station/home/home.ts';
import { repositories } from '../repositories/repositories.ts';

/**
 * `GUN` or `GUN:TAG`, taken apart: what the station knows as a repository is one, whatever colons it has.
 */
export function splitTag(home: Home, text: string): { readonly name: string; readonly tag: string | null } {
  const known = repositories(home).some(({ name }) => name === text);
  const at = known ? -1 : text.lastIndexOf(':');
  return at > text.lastIndexOf('/')
    ? { name: text.slice(0, at), tag: text.slice(at + 1) }
    : { name: text, tag: null };
}
