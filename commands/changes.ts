import { readChanges } from '../src/online/reading/changes.ts';
import { withOnlineStation } from '../src/online/session.ts';
import { Args, BaseCommand, Flags } from '../src/terminal/base-command.ts';
import { changesLines } from '../src/terminal/views/changes-view.ts';

export default class Changes extends BaseCommand {
  static override summary = 'show what a trust server says was published and deleted';
  static override description =
    "One repository, or all of a server's where none is named. Shows the newest records, or with --since those that came after one. The feed is the server's word, signed by nobody: list and expiry say what is true.";
  static override examples = [
    '<%= config.bin %> changes registry.example.com/team/app',
    '<%= config.bin %> changes registry.example.com/team/app --since 41 --records 20',
    '<%= config.bin %> changes --server https://notary.example.com',
  ];
  static override args = { gun: Args.string({ description: 'repository (GUN)' }) };
  static override flags = {
    since: Flags.string({ description: 'ID of the record after which to begin', helpValue: 'ID' }),
    records: Flags.integer({ description: 'how many records at most', default: 20, helpValue: 'N' }),
    server: Flags.string({ description: 'URL of the trust server, without a repository', helpValue: 'URL' }),
    ca: Flags.string({
      description: 'PEM file with the authority of the server',
      helpValue: 'FILE',
      dependsOn: ['server'],
    }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Changes);
    await withOnlineStation(flags.home, 'changes', 'read', async ({ station, stores }) => {
      const { server, ca, since = null, records } = flags;
      const scope = { repository: args.gun, server, ca };
      const result = await readChanges(station, stores, scope, { since, records });
      this.show(result, () => changesLines(result).join('\n'));
    });
  }
}
