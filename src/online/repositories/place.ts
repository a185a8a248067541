import type { DialectName } from '../../metadata/dialect.ts';
import type { ClientFiles } from '../transport/client-certificate.ts';

/** A trust server. */
export interface ServerPlace {
  readonly kind: 'server';
  readonly url: string;
  /** PEM text. */
  readonly ca: string | null;
  /** Left out where the server lets anybody in. */
  readonly client?: ClientFiles;
}

/** How much of its past a repository of plain files still has. */
export interface History {
  /** Version of the oldest root that is there; 1 if absent. */
  readonly firstRoot?: number;
  /** Whether nothing but its roots is read, since the rest is not to be had or is the business of others. */
  readonly rootsOnly?: true;
}

/** A folder that any web server serves. */
export interface DirectoryPlace extends History {
  readonly kind: 'directory';
  /** Absolute. */
  readonly path: string;
}

/** Files at a URL, which are only read. */
export interface UrlPlace extends History {
  readonly kind: 'url';
  /** Of the metadata, ends in a slash. */
  readonly url: string;
  /** Of the target files, ends in a slash. */
  readonly targets: string;
  /** PEM text. */
  readonly ca: string | null;
}

/** Where a repository lives, as the station has recorded it. */
export type Place = ServerPlace | DirectoryPlace | UrlPlace;

/** A repository that this online station looks after. */
export interface RepositoryEntry {
  readonly dialect: DialectName;
  readonly name: string;
  readonly place: Place;
}

/** The place in words. */
export function placeName(place: Place): string {
  return place.kind === 'directory' ? place.path : place.url;
}
