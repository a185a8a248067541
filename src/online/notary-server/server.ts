import { usage } from '../../errors.ts';
import { authorizedClient } from '../credentials/authorization.ts';
import type { ClientCertificate } from '../transport/client-certificate.ts';
import { dockerCredential, notaryCredential } from '../credentials/credentials.ts';
import type { Environment } from '../credentials/credential.ts';
import { isLoopback } from '../transport/loopback.ts';
import { openHttpClient } from '../transport/http.ts';
import type { Peer } from '../transport/http.ts';
import type { HashStore } from '../repositories/store.ts';
import { readChangefeed, type ChangesQuery, type RecordedChange } from './changefeed.ts';
import { inTurn } from './in-turn.ts';
import { notaryStore } from './repository.ts';

export interface NotaryServerOptions {
  /** `https://HOST[:PORT]`; http only for this machine. */
  readonly url: string;
  /** PEM text of the server's certificate authority. */
  readonly ca?: string | undefined;
  /** What the server is shown, if it asks who connects. */
  readonly client?: ClientCertificate | undefined;
  readonly environment: Environment;
  /** Seconds since the epoch, for the lifetime of tokens; default the machine's clock. */
  readonly now?: () => number;
  readonly connections?: number;
  readonly connectMs?: number;
  readonly silenceMs?: number;
  readonly deadlineMs?: number;
}

/** One trust server: any number of repositories over one pool of connections. */
export interface NotaryServer {
  /** @throws CountersignError SERVER-GUN (exit 2) */
  repository(gun: string): HashStore;
  /**
   * What changed in one repository, or, for null, in all of the server's.
   *
   * @throws CountersignError SERVER-GUN, CHANGES-SINCE, CHANGES-RECORDS (exit 2), SERVER-CHANGES (exit 6)
   */
  changes(gun: string | null, query: ChangesQuery): Promise<RecordedChange[]>;
  /** Whether it answers, whatever it says; throws as a read would. */
  probe(): Promise<void>;
  close(): Promise<void>;
}

const PEER: Peer = { area: 'SERVER', noun: 'trust server' };
const HINT = 'set NOTARY_AUTH to base64 of user:password, or use docker login for the registry';

/**
 * A client of notary-server. Nothing is sent before the first call on a repository.
 *
 * @throws CountersignError SERVER-URL (exit 2) for an address that is not https (http: this machine only)
 */
export function openNotaryServer(options: NotaryServerOptions): NotaryServer {
  const origin = originOf(options.url);
  const http = openHttpClient(PEER, { ...options, origin });
  const client = authorizedClient({
    peer: PEER,
    origin,
    http,
    hint: HINT,
    now: options.now ?? (() => Date.now() / 1_000),
    credential: async (gun) =>
      notaryCredential(options.environment) ??
      (gun === '' ? null : await dockerCredential(gun.split('/')[0] ?? '', options.environment)) ??
      (await dockerCredential(new URL(origin).host, options.environment)),
  });
  const keysInTurn = inTurn();
  return {
    repository: (gun) => notaryStore(client, origin, gun, keysInTurn),
    changes: (gun, query) => readChangefeed(client, origin, gun, query),
    async probe() {
      await http.send({ method: 'GET', origin, path: '/v2/', limit: 65_536 });
    },
    close: () => http.close(),
  };
}

function originOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  const plain = url?.pathname === '/' && url.search === '' && url.hash === '' && url.username === '';
  const safe = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.origin));
  if (url === null || !plain || !safe)
    throw usage('SERVER-URL', 'not the address of a trust server', {
      expected: 'https://HOST[:PORT]',
      found: text.slice(0, 300),
    });
  return url.origin;
}
