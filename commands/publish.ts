import { EXIT, type ExitCode } from '../src/errors.ts';
import { publishResponse } from '../src/online/publish.ts';
import type { PublishedRepository } from '../src/online/published-repository.ts';
import { withOnlineStation } from '../src/online/session.ts';
import { Signers } from '../src/station/signers.ts';
import { Args, BaseCommand } from '../src/terminal/base-command.ts';
import { startProgress } from '../src/terminal/progress.ts';
import { publishDocument, publishedLines } from '../src/terminal/publish-view.ts';
import { signerOpener } from '../src/terminal/secrets.ts';
import { secretFlags } from '../src/terminal/signing-flags.ts';

export default class Publish extends BaseCommand {
  static override summary = 'check a response, publish it, and read it back as a fresh client';
  static override description =
    'Each repository is published whole or not at all. Exits 5 if the server moved on (nothing is posted), 4 if a repository was refused or is not complete.';
  static override examples = ['<%= config.bin %> publish /media/stick/app.response.tar'];
  static override args = { file: Args.string({ required: true, description: 'response bundle' }) };
  static override flags = { ...secretFlags };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Publish);
    await withOnlineStation(flags.home, 'publish', 'write', async ({ station, stores }) => {
      const progress = startProgress('publishing');
      const secrets = {
        pinFiles: flags['pin-file'] ?? [],
        passphraseFiles: flags['passphrase-file'] ?? [],
      };
      const signers = new Signers(signerOpener(station.home, secrets));
      try {
        const result = await publishResponse(station, args.file, {
          stores,
          signers,
          progress: (done, total) => {
            progress.update(done, total);
          },
        });
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
