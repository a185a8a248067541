import { resolve } from 'node:path';
import { EXIT, type ExitCode } from '../src/errors.ts';
import { handOver } from '../src/online/publishing/hand-over.ts';
import { publishResponses } from '../src/online/publishing/publish.ts';
import { publishStaged } from '../src/online/publishing/publish-staged.ts';
import type { PublishedRepository } from '../src/online/reading/published-repository.ts';
import { withOnlineStation } from '../src/online/session.ts';
import { Signers } from '../src/station/keys/signers.ts';
import { Args, BaseCommand, Flags } from '../src/terminal/base-command.ts';
import { handedOverLines } from '../src/terminal/views/hand-over-view.ts';
import { startProgress } from '../src/terminal/progress.ts';
import { publishDocument, publishedLines } from '../src/terminal/views/publish-view.ts';
import { signerOpener } from '../src/terminal/prompts/secrets.ts';
import { secretFlags } from '../src/terminal/flags/signing-flags.ts';

export default class Publish extends BaseCommand {
  static override summary = 'check responses, publish them, and read back as a fresh client';
  static override description =
    'Each repository is published whole or not at all. Where several keys must sign, give the responses of all their stations. Without a file, staged changes that need only keys held here are signed and published. Exits 5 if the server moved on (nothing is posted), 4 if a repository was refused or is not complete.';
  static override examples = [
    '<%= config.bin %> publish /media/stick/app.response.tar',
    '<%= config.bin %> publish /media/stick/a.response.tar /media/stick/b.response.tar',
    '<%= config.bin %> publish /media/stick/root.response.tar 17.root.json',
    '<%= config.bin %> publish /media/stick/root.response.tar --to candidate',
    '<%= config.bin %> publish --only registry.example.com/team/app',
  ];
  static override strict = false;
  static override args = {
    file: Args.string({
      description: 'response bundles, or combined ones, for one request; metadata files that others signed',
    }),
  };
  static override flags = {
    ...secretFlags,
    to: Flags.string({
      description:
        'folder to write the signed files into, for whoever runs the repository; nothing is published',
      helpValue: 'DIR',
      exclusive: ['only'],
    }),
    only: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      description: 'repository whose staged changes are published (default: all)',
      helpValue: 'GUN',
    }),
  };

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(Publish);
    const files = argv as string[];
    await withOnlineStation(flags.home, 'publish', 'write', async ({ station, stores }) => {
      const progress = startProgress('publishing');
      const secrets = {
        pinFiles: flags['pin-file'] ?? [],
        passphraseFiles: flags['passphrase-file'] ?? [],
      };
      const signers = new Signers(signerOpener(station.home, secrets));
      try {
        const ports = {
          stores,
          signers,
          progress: (done: number, total: number): void => {
            progress.update(done, total);
          },
        };
        if (flags.to !== undefined) {
          const written = await handOver(station, files, resolve(flags.to), ports);
          progress.end();
          this.show(written, () => handedOverLines(written).join('\n'));
          this.endWith(written.state === 'complete' ? EXIT.done : EXIT.incomplete);
          return;
        }
        const result =
          files.length > 0
            ? await publishResponses(station, files, ports)
            : await publishStaged(station, flags.only ?? [], ports);
        progress.end();
        this.show(publishDocument(result), () => publishedLines(result).join('\n'));
        this.endWith(exitOf(result.repositories));
      } finally {
        progress.end();
        await signers.close();
      }
    });
  }
}

/** One code for many repositories: the first kind of failure that a person must act on. */
function exitOf(repositories: readonly PublishedRepository[]): ExitCode {
  if (repositories.some(({ state }) => state === 'conflict')) return EXIT.conflict;
  const failed = repositories.find(({ state }) => state === 'failed');
  if (failed) return failed.error?.exit ?? EXIT.failure;
  return repositories.some(({ state }) => state === 'refused' || state === 'incomplete')
    ? EXIT.incomplete
    : EXIT.done;
}
