import { withOnlineStation } from '../src/online/session.ts';
import { stagedByRepository } from '../src/online/staging/stage.ts';
import { Args, BaseCommand } from '../src/terminal/base-command.ts';
import { changeLines } from '../src/terminal/views/change-view.ts';

export default class Status extends BaseCommand {
  static override summary = 'show what is staged';
  static override examples = [
    '<%= config.bin %> status',
    '<%= config.bin %> status registry.example.com/team/app',
  ];
  static override args = { gun: Args.string({ description: 'repository (GUN); all if left out' }) };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Status);
    await withOnlineStation(flags.home, 'status', 'read', ({ station }) => {
      const all = stagedByRepository(station, args.gun);
      this.show({ repositories: all }, () => changeLines(all).join('\n'));
      return Promise.resolve();
    });
  }
}
