import { withOnlineStation } from '../src/online/session.ts';
import { stageInit } from '../src/online/stage.ts';
import { Args, BaseCommand } from '../src/terminal/base-command.ts';
import { show } from '../src/terminal/escape.ts';

export default class Init extends BaseCommand {
  static override summary = 'stage a new repository';
  static override examples = ['<%= config.bin %> init registry.example.com/team/app'];
  static override strict = false;
  static override args = { gun: Args.string({ required: true, description: 'repositories (GUNs)' }) };

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(Init);
    const names = argv as string[];
    await withOnlineStation(flags.home, 'init', 'write', ({ station }) => {
      for (const name of names) stageInit(station, name);
      this.show({ staged: names.map((name) => ({ name, change: 'init' })) }, () =>
        names.map((name) => `staged: a first root for ${show(name)}`).join('\n'),
      );
      return Promise.resolve();
    });
  }
}
