import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Updater } from 'tuf-js';
import { afterAll, expect, vi } from 'vitest';
import { scratchFolder } from '../peers/process.ts';
import { main } from './client-program.ts';
import type { Repository } from './repository.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const closing: (() => void)[] = [];
afterAll(() => {
  for (const close of closing) close();
});

/** Our client and tuf-js at one repository, each with its own memory; where both apply, they have to agree. */
export interface Clients {
  /** `/metadata/...` and `/targets/...` as our client asked for them, in order, since the last look. */
  asked(): string[];
  /** Answers that take the place of a file, by path. */
  readonly special: Map<string, Answer>;
  /** Whether the clients accept what is served: both do, or neither, where nothing else is said. */
  refresh(options?: Difference): Promise<boolean>;
  /** Asks for targets in one run; whether all were had. */
  download(paths: string | readonly string[], options?: Difference): Promise<boolean>;
  /** Versions of what our client trusts, by role as it stands in file names. */
  trusted(): Record<string, number>;
  trustedFile(role: string): Buffer;
  /** Contents of what our client downloaded. */
  downloaded(): string[];
  readonly metadataDir: string;
  readonly url: string;
  /** What our client said when it last refused. */
  reason(): string;
}

interface Difference {
  /** What tuf-js does where it is not what we do, for a reason that the test names. */
  readonly tufJs?: boolean | 'not asked';
  /** Milliseconds after now, for both clients. */
  readonly later?: number;
}

/** Serves a repository on loopback and initializes both clients with a root. */
export async function clients(repository: Repository, root = repository.served('root', 1)): Promise<Clients> {
  const special = new Map<string, Answer>();
  let asked: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    asked.push(path);
    const answer = special.get(path);
    if (answer) {
      answer(request, response);
      return;
    }
    const [, folder = '', ...rest] = path.split('/');
    const name = rest.join('/');
    const file =
      folder === 'metadata' ? repository.metadata.get(name) : repository.files.get(decodeURIComponent(name));
    if (file) response.end(file);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  const [metadataDir, targetDir, theirs, theirTargets] = ['ours', 'files', 'theirs', 'their-files'].map(
    (name) => scratchFolder(name),
  ) as [string, string, string, string];
  const { writeFileSync } = await import('node:fs');
  writeFileSync(join(metadataDir, 'initial'), root);
  expect(await main(['--metadata-dir', metadataDir, 'init', join(metadataDir, 'initial')], Date.now())).toBe(
    0,
  );
  rmSync(join(metadataDir, 'initial'));
  writeFileSync(join(theirs, 'root.json'), root);
  let reason = '';

  const ours = async (args: readonly string[], later: number): Promise<boolean> => {
    asked = [];
    reason = '';
    const said = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
      reason += String(text);
      return true;
    });
    try {
      const all = ['--metadata-dir', metadataDir, '--metadata-url', `${url}/metadata`, ...args];
      return (await main(all, Date.now() + later)) === 0;
    } finally {
      said.mockRestore();
    }
  };
  const tufJs = async (paths: readonly string[], later: number): Promise<boolean> => {
    const kept = [...asked];
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + later });
    try {
      const updater = new Updater({
        ...{ metadataDir: theirs, metadataBaseUrl: `${url}/metadata` },
        ...{ targetDir: theirTargets, targetBaseUrl: `${url}/targets` },
        config: { fetchTimeout: 2_000, fetchRetry: 0 },
      });
      await updater.refresh();
      for (const path of paths) {
        const info = await updater.getTargetInfo(path);
        if (!info) return false;
        if (!(await updater.findCachedTarget(info))) await updater.downloadTarget(info);
      }
      return true;
    } catch {
      return false;
    } finally {
      vi.useRealTimers();
      asked = kept;
    }
  };
  const both = async (
    args: readonly string[],
    paths: readonly string[],
    given: Difference,
  ): Promise<boolean> => {
    const { later = 0 } = given;
    const result = await ours(args, later);
    if (given.tufJs !== 'not asked')
      expect({ tufJs: await tufJs(paths, later) }).toEqual({ tufJs: given.tufJs ?? result });
    return result;
  };

  return {
    asked: () => asked,
    special,
    refresh: (options = {}) => both(['refresh'], [], options),
    download(wanted, options = {}) {
      const paths = typeof wanted === 'string' ? [wanted] : wanted;
      const names = paths.flatMap((path) => ['--target-name', path]);
      const places = ['--target-base-url', `${url}/targets`, '--target-dir', targetDir];
      return both([...names, ...places, 'download'], paths, options);
    },
    trusted() {
      const files = readdirSync(metadataDir).sort();
      expect(files.filter((name) => !name.endsWith('.json'))).toEqual([]);
      const versions = files.map((name) => {
        const { signed } = JSON.parse(readFileSync(join(metadataDir, name), 'utf8')) as {
          signed: { version: number };
        };
        return [name.slice(0, -'.json'.length), signed.version] as const;
      });
      return Object.fromEntries(versions);
    },
    trustedFile: (role) => readFileSync(join(metadataDir, `${role}.json`)),
    downloaded: () => {
      mkdirSync(targetDir, { recursive: true });
      return readdirSync(targetDir)
        .sort()
        .map((name) => readFileSync(join(targetDir, name), 'utf8'));
    },
    ...{ metadataDir, url },
    reason: () => reason,
  };
}
