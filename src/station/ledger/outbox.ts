import { exchangeEvent, type RecordedEvent } from './events.ts';

/** What became of one repository of an exported request (M7). */
export type RepositoryState = 'exported' | 'posting' | 'published' | 'conflict' | 'abandoned';

/** A request that the online half exported. */
export interface OutboxRequest {
  readonly digest: string;
  readonly id: string;
  readonly sequence: number;
  readonly time: string;
  readonly repositories: ReadonlyMap<string, RepositoryState>;
  /** Version of the root that it asks for, by repository; none where root stays. */
  readonly roots: ReadonlyMap<string, number>;
}

/** What the online half remembers of its exchange with the offline stations. */
export interface Outbox {
  readonly requests: ReadonlyMap<string, OutboxRequest>;
  /** Highest version of each role that a request reserved or a station said it took: `repository role`. */
  readonly taken: ReadonlyMap<string, number>;
  /** Last bundle and ledger head heard from each station. */
  readonly heard: ReadonlyMap<
    string,
    { readonly sequence: number; readonly digest: string; readonly line: number; readonly hash: string }
  >;
  /** Key ID to the identity of the station that filled it in. */
  readonly holders: ReadonlyMap<string, string>;
  /** Digests of responses that were accepted. */
  readonly answers: ReadonlySet<string>;
  /** Digests that accepted responses named as the ones before them: those not yet accepted are on their way. */
  readonly predecessors: ReadonlySet<string>;
  /** SHA-256 of what was filled in: `request repository`. */
  readonly fills: ReadonlyMap<string, string>;
  /** Requests that left for the stick. */
  readonly released: ReadonlySet<string>;
  /** Batches of staged changes that exported requests hold. */
  readonly batches: ReadonlySet<string>;
  /** Root version that a station has pinned, as it said: `repository station`. */
  readonly pins: ReadonlyMap<string, number>;
}

type OpenRequest = OutboxRequest & {
  readonly repositories: Map<string, RepositoryState>;
  readonly roots: Map<string, number>;
};

/** Folds the online half's ledger lines into its outbox. */
export function foldOutbox(lines: Iterable<RecordedEvent>): Outbox {
  const requests = new Map<string, OpenRequest>();
  const taken = new Map<string, number>();
  const heard = new Map<string, { sequence: number; digest: string; line: number; hash: string }>();
  const holders = new Map<string, string>();
  const answers = new Set<string>();
  const predecessors = new Set<string>();
  const fills = new Map<string, string>();
  const released = new Set<string>();
  const batches = new Set<string>();
  const pins = new Map<string, number>();
  const take = (key: string, version: number): unknown =>
    taken.set(key, Math.max(version, taken.get(key) ?? 0));
  for (const line of lines) {
    const { event, data } = exchangeEvent(line);
    switch (event) {
      case 'exported':
        requests.set(data.request, {
          digest: data.request,
          id: data.id,
          sequence: data.sequence,
          time: line.time,
          repositories: new Map(),
          roots: new Map(),
        });
        break;
      case 'reserved':
        requests.get(data.request)?.repositories.set(data.repository, 'exported');
        if (data.role === 'root') requests.get(data.request)?.roots.set(data.repository, data.version);
        take(`${data.repository} ${data.role}`, data.version);
        batches.add(data.batch);
        break;
      case 'released':
        released.add(data.request);
        break;
      case 'heard-pin':
        pins.set(`${data.repository} ${data.station}`, data.version);
        break;
      case 'taken':
        take(`${data.repository} ${data.role}`, data.version);
        break;
      case 'answered':
        if (data.line > (heard.get(data.from)?.line ?? 0))
          heard.set(data.from, {
            sequence: data.sequence,
            digest: data.response,
            line: data.line,
            hash: data.hash,
          });
        answers.add(data.response);
        if (data.previous) predecessors.add(data.previous);
        break;
      case 'retired':
        // Versions of what was before say nothing about a repository that began anew.
        for (const key of taken.keys()) if (key.startsWith(`${data.repository} `)) taken.delete(key);
        break;
      case 'filled':
        fills.set(`${data.request} ${data.repository}`, data.sha256);
        break;
      case 'holder':
        holders.set(data.key, data.station);
        break;
      case 'posting':
      case 'published':
      case 'conflict':
        requests.get(data.request)?.repositories.set(data.repository, event);
        break;
      case 'abandoned':
        abandon(requests.get(data.request));
        break;
      default:
    }
  }
  return { requests, taken, heard, holders, answers, predecessors, fills, released, batches, pins };
}

function abandon(request: OpenRequest | undefined): void {
  for (const [repository, state] of request?.repositories ?? [])
    if (state !== 'published') request?.repositories.set(repository, 'abandoned');
}

/** Whether the repository still waits for its answer, or is being posted. */
export function isOutstanding(state: RepositoryState): boolean {
  return state === 'exported' || state === 'posting';
}

/**
 * Requests that were given up, or lost to what was published meanwhile, and asked for a root of that version: officers
 * may have signed it, and every other content for the version must name them (M2).
 */
export function givenUpRoots(outbox: Outbox, repository: string, version: number): string[] {
  return [...outbox.requests.values()].flatMap(({ digest, repositories, roots }) => {
    const state = repositories.get(repository);
    const ended = state === 'abandoned' || state === 'conflict';
    return ended && roots.get(repository) === version ? [digest] : [];
  });
}

/** The request that stands open for a repository; null if there is none (M8: at most one). */
export function outstandingFor(outbox: Outbox, repository: string): OutboxRequest | null {
  for (const request of outbox.requests.values()) {
    const state = request.repositories.get(repository);
    if (state && isOutstanding(state)) return request;
  }
  return null;
}
