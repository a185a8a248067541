import { inspectRepository, readPublished } from '../src/online/read.ts';
import { repositories } from '../src/online/repositories.ts';
import { withOnlineStation } from '../src/online/session.ts';
import { Args, BaseCommand, Flags } from '../src/terminal/base-command.ts';
import { inspectionLines } from '../src/terminal/inspect-view.ts';

export default class Inspect extends BaseCommand {
  static override summary = 'show tags, signers and administrative keys as docker trust inspect does';
  static override description =
    'Prints the same JSON as docker trust inspect, with or without --json; --pretty prints text.';
  static override examples = [
    '<%= config.bin %> inspect registry.example.com/team/app',
    '<%= config.bin %> inspect --pretty registry.example.com/team/app:1.4.2',
  ];
  static override args = {
    name: Args.string({ required: true, description: 'repository (GUN), with or without :TAG' }),
  };
  static override flags = { pretty: Flags.boolean({ description: 'text instead of JSON' }) };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Inspect);
    await withOnlineStation(flags.home, 'inspect', 'read', async ({ station, stores }) => {
      const known = repositories(station.home).some(({ name }) => name === args.name);
      const at = known ? -1 : args.name.lastIndexOf(':');
      const name = at > 0 ? args.name.slice(0, at) : args.name;
      const inspection = inspectRepository(
        await readPublished(station, stores, name),
        at > 0 ? args.name.slice(at + 1) : null,
        station.now,
      );
      this.show([inspection], () =>
        flags.pretty ? inspectionLines(inspection).join('\n') : JSON.stringify([inspection], null, 4),
      );
    });
  }
}
