import { usage } from '../../errors.ts';
import type { DialectName } from '../../metadata/dialect.ts';
import type { Home } from '../../station/home/home.ts';
import { readAuthority } from '../transport/authority-file.ts';
import { readClientCertificate, type ClientFiles } from '../transport/client-certificate.ts';
import type { Environment } from '../credentials/credential.ts';
import {
  dockerAuthority,
  dockerClientFiles,
  dockerTrustServer,
  usualTrustServer,
} from '../credentials/docker-settings.ts';
import { baseUrls } from '../tuf-repository/url-base.ts';
import { addRepositories } from './repositories.ts';
import type { History, Place, UrlPlace } from './place.ts';

/** Where a repository is said to live; paths absolute. */
export interface PlaceOptions {
  readonly server: string | undefined;
  readonly ca: string | undefined;
  /** What a server that asks who connects is shown. */
  readonly client: ClientFiles | undefined;
  readonly directory: string | undefined;
  /** Of metadata that is only read. */
  readonly url: string | undefined;
  /** Of target files beside such metadata. */
  readonly targetsUrl: string | undefined;
  /** Version of the oldest root that is there. */
  readonly firstRoot: number | undefined;
  readonly rootsOnly: boolean;
  readonly dialect: DialectName;
  /** Docker's settings stand in for a server, and for an authority, that are not given. */
  readonly environment: Environment;
}

/**
 * Records where repositories live.
 *
 * @throws REPOSITORY-PLACE, SERVER-URL, AUTHORITY-FILE, CLIENT-CERTIFICATE, REPOSITORY-EXISTS (exit 2)
 */
export function addRepository(home: Home, names: readonly string[], options: PlaceOptions): Place {
  const place = placeOf(options, names[0] ?? '');
  const { dialect } = options;
  addRepositories(
    home,
    names.map((name) => ({ dialect, name, place })),
  );
  return place;
}

function placeOf(options: PlaceOptions, name: string): Place {
  const { dialect, server, ca, directory, environment } = options;
  const history = historyOf(options);
  if (directory !== undefined) return { kind: 'directory', path: directory, ...history };
  if (dialect === 'tuf') return { ...urlPlace(options), ...history };
  if (options.url !== undefined)
    throw usage('REPOSITORY-PLACE', 'a Notary repository is read from a trust server or a folder', {
      hint: 'give --server URL or --directory DIR; --url goes with --dialect tuf',
    });
  if (options.rootsOnly || options.firstRoot !== undefined)
    throw usage('REPOSITORY-PLACE', 'a trust server has every root, and is asked for all of a repository', {
      hint: '--first-root and --roots-only go with --directory and --url',
    });
  const url = server ?? dockerTrustServer(environment);
  if (url === null)
    throw usage('REPOSITORY-PLACE', 'a repository lives on a server or in a folder', {
      hint: `give --server URL or --directory DIR; docker itself would ask ${usualTrustServer(name)}`,
    });
  const client = options.client ?? dockerClientFiles(url, environment);
  if (client) readClientCertificate(client);
  return {
    kind: 'server',
    url,
    ca: ca === undefined ? dockerAuthority(url, environment) : readAuthority(ca),
    ...(client ? { client } : {}),
  };
}

function historyOf({ firstRoot = 1, rootsOnly }: PlaceOptions): History {
  return { ...(firstRoot === 1 ? {} : { firstRoot }), ...(rootsOnly ? { rootsOnly } : {}) };
}

/** Plain files at a URL; target files lie beside a folder `metadata`, or below everything else. */
function urlPlace({ server, url, targetsUrl, ca }: PlaceOptions): UrlPlace {
  if (url === undefined || server !== undefined)
    throw usage('REPOSITORY-PLACE', 'a TUF repository lives in a folder, or is read from a URL', {
      hint: 'give --directory DIR or --url URL',
    });
  const { metadata, targets } = baseUrls(url, targetsUrl);
  return {
    kind: 'url',
    url: metadata.href,
    targets: targets.href,
    ca: ca === undefined ? null : readAuthority(ca),
  };
}
