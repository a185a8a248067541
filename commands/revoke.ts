import { withOnlineStation } from '../src/online/session.ts';
import { stageRevocation } from '../src/online/staging/stage-revocation.ts';
import { Args, BaseCommand, Flags } from '../src/terminal/base-command.ts';
import { stagedLines } from '../src/terminal/views/staged-view.ts';

export default class Revoke extends BaseCommand {
  static override summary = 'stage that a tag, or every tag, goes out of all roles';
  static override description =
    'Every role that holds it is signed anew, targets among them, so that the tag does not come back from there. Keys of all these roles must sign; -r names those that are to be signed now.';
  static override examples = [
    '<%= config.bin %> revoke registry.example.com/team/app:1.4.1',
    '<%= config.bin %> revoke registry.example.com/team/app -y',
  ];
  static override args = {
    reference: Args.string({ required: true, description: 'repository (GUN), or GUN:TAG' }),
  };
  static override flags = {
    yes: Flags.boolean({ char: 'y', description: 'every tag, where none is named' }),
    role: Flags.string({
      char: 'r',
      multiple: true,
      multipleNonGreedy: true,
      description: 'only out of this role',
      helpValue: 'ROLE',
    }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Revoke);
    await withOnlineStation(flags.home, 'revoke', 'write', async ({ station, stores }) => {
      const staged = await stageRevocation(station, stores, {
        reference: args.reference,
        roles: flags.role ?? [],
        all: flags.yes,
      });
      this.show(staged, () => stagedLines([staged]).join('\n'));
    });
  }
}
