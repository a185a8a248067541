import { withOnlineStation } from '../src/online/session.ts';
import { reset } from '../src/online/staging/stage.ts';
import { Args, BaseCommand } from '../src/terminal/base-command.ts';
import { show } from '../src/terminal/escape.ts';

export default class Reset extends BaseCommand {
  static override summary = 'forget what is staged for a repository';
  static override description = 'Exported requests stay as they are; export --supersede gives one up.';
  static override examples = ['<%= config.bin %> reset registry.example.com/team/app'];
  static override args = { gun: Args.string({ required: true, description: 'repository (GUN)' }) };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Reset);
    await withOnlineStation(flags.home, 'reset', 'write', ({ station }) => {
      const forgotten = reset(station, args.gun);
      this.show(
        { repository: args.gun, forgotten },
        () => `forgot ${String(forgotten)} staged changes of ${show(args.gun)}`,
      );
      return Promise.resolve();
    });
  }
}
