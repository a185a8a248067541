import { usage } from '../../src/errors.ts';
import { recoverToHead } from '../../src/offline/recover-head.ts';
import { recoverFromResponses } from '../../src/offline/recover.ts';
import { withOfflineStation } from '../../src/offline/session.ts';
import { Args, BaseCommand, Flags } from '../../src/terminal/base-command.ts';
import {
  acceptedLines,
  confirmHead,
  confirmRecovery,
  recoveredLines,
} from '../../src/terminal/views/recovery-view.ts';

export default class StationRecover extends BaseCommand {
  static override summary = 'bring a station that was restored from an old copy up to date';
  static override description =
    'A home that was put back from a backup does not know what it signed since, and LEDGER-ROLLBACK stops it. Its own sealed responses say so: name all that were written since the backup. What they restore is shown, and two words of the newest head are typed, as the paper reads. Where responses are gone for good, give the refused request and the head of the last paper with --head: two of its words are typed, and TAKEN, to accept that every version up to those of the request is taken.';
  static override examples = [
    '<%= config.bin %> station recover /media/stick/app.response.tar /media/stick/lib.response.tar',
    '<%= config.bin %> station recover app.response.tar --approve HASH',
    '<%= config.bin %> station recover app.request.tar --head 118:HASH --approve HASH --accept TAKEN:registry.example.com/team/app',
  ];
  static override args = {
    file: Args.string({
      required: true,
      description: 'lost responses of this station; with --head, the refused request',
    }),
  };
  static override strict = false;
  static override flags = {
    head: Flags.string({ description: 'head to recover to, from the paper', helpValue: 'LINE:HASH' }),
    approve: Flags.string({
      description: 'hash of the newest head, 64 hex digits, instead of typing',
      helpValue: 'HASH',
    }),
    accept: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      description: 'TAKEN:NAME, for each repository of the request',
      helpValue: 'ID',
    }),
  };

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(StationRecover);
    const files = argv as string[];
    await withOfflineStation(flags.home, 'station recover', async (station) => {
      const { head, approve, accept = [] } = flags;
      if (head === undefined) {
        const result = await recoverFromResponses(station, files, (plan) => confirmRecovery(plan, approve));
        this.show(result, () => recoveredLines(result).join('\n'));
        return;
      }
      const [request, ...more] = files;
      if (request === undefined || more.length > 0)
        throw usage('USAGE-REQUEST', 'with --head, name the one request that was refused');
      const result = await recoverToHead(station, request, head, (plan) =>
        confirmHead(plan, { approve, accept }),
      );
      this.show(result, () => acceptedLines(result).join('\n'));
    });
  }
}
