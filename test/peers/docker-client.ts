import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { run, scratchFolder, type Finished } from './process.ts';

export interface DockerTrust {
  readonly Name: string;
  readonly SignedTags: readonly {
    readonly SignedTag: string;
    readonly Digest: string;
    readonly Signers: readonly string[];
  }[];
  readonly Signers: readonly { readonly Name: string; readonly Keys: readonly { readonly ID: string }[] }[];
  readonly AdministrativeKeys: readonly {
    readonly Name: string;
    readonly Keys: readonly { readonly ID: string }[];
  }[];
}

export interface DockerClient {
  readonly config: string;
  /** What `docker trust inspect REF` says of it, or null where it has no trust data. */
  inspect(reference: string): Promise<DockerTrust | null>;
  /** Runs `docker trust inspect` with these arguments; any exit code is an answer. */
  trustInspect(...args: string[]): Promise<Finished>;
}

/** The docker command-line client alone (no engine), trusting one server; by default with an empty trust folder. */
export function dockerClient(options: {
  /** `https://HOST:PORT` */
  readonly url: string;
  readonly ca: string;
  readonly config?: string;
}): DockerClient {
  const config = options.config ?? scratchFolder('docker');
  const folder = join(config, 'tls', new URL(options.url).host);
  mkdirSync(folder, { recursive: true });
  copyFileSync(options.ca, join(folder, 'ca.crt'));
  const trustInspect = (...args: string[]): Promise<Finished> =>
    run('docker', ['trust', 'inspect', ...args], {
      env: {
        HOME: config,
        DOCKER_CONFIG: config,
        DOCKER_CONTENT_TRUST_SERVER: options.url,
        // No engine is asked, and one that happens to run here must not be.
        DOCKER_HOST: 'unix:///nonexistent/docker.sock',
      },
    });
  return {
    config,
    trustInspect,
    async inspect(reference) {
      const finished = await trustInspect(reference);
      const answers = JSON.parse(finished.stdout === '' ? '[]' : finished.stdout) as DockerTrust[];
      const first = answers[0];
      if (first === undefined && !finished.stderr.includes('no signatures or cannot access'))
        throw new Error(`docker trust inspect ${reference}\n${finished.stderr}`);
      return first ?? null;
    },
  };
}
