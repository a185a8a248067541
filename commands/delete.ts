import { deleteRepository, planDeletion } from '../src/online/repositories/delete-repository.ts';
import { withOnlineStation } from '../src/online/session.ts';
import { Args, BaseCommand, Flags } from '../src/terminal/base-command.ts';
import { confirmDeletion } from '../src/terminal/prompts/confirm-deletion.ts';
import { show } from '../src/terminal/escape.ts';

export default class Delete extends BaseCommand {
  static override summary = 'forget a repository here, or delete it where it lives';
  static override description =
    "Asks for two words of the SHA-256 of the current root's file; a script gives all of it with --approve (repository show prints it). Exits 5 while changes are staged or a request is on its way. With --remote the repository is removed from its server or folder, and read again to see that nothing is left. The pin stays on record: a new repository under the name is met with it.";
  static override examples = [
    '<%= config.bin %> delete registry.example.com/team/app',
    '<%= config.bin %> delete registry.example.com/team/app --remote',
    '<%= config.bin %> delete registry.example.com/team/app --remote --approve SHA256',
  ];
  static override args = { gun: Args.string({ required: true, description: 'repository (GUN)' }) };
  static override flags = {
    remote: Flags.boolean({ description: 'delete it where it lives, for everybody' }),
    approve: Flags.string({
      description: "SHA-256 of the current root's file, instead of typing",
      helpValue: 'SHA256',
    }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Delete);
    await withOnlineStation(flags.home, 'delete', 'write', async ({ station, stores }) => {
      const deletion = await planDeletion(station, stores, args.gun, flags.remote);
      await confirmDeletion(deletion, flags.approve);
      await deleteRepository(station, deletion);
      this.show({ repository: args.gun, remote: flags.remote, root: deletion.root }, () =>
        flags.remote ? `deleted ${show(args.gun)}: nothing is left of it` : `forgot ${show(args.gun)}`,
      );
    });
  }
}
