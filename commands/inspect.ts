import { inspectRepository, type TrustInspection } from '../src/online/reading/inspect.ts';
import { readPublished } from '../src/online/reading/read.ts';
import { splitTag } from '../src/online/reading/repository-and-tag.ts';
import { withOnlineStation } from '../src/online/session.ts';
import { Args, BaseCommand, Flags } from '../src/terminal/base-command.ts';
import { inspectionJson, inspectionLines } from '../src/terminal/views/inspect-view.ts';
import { warnOfUnreadRoles } from '../src/terminal/views/unread-roles.ts';

export default class Inspect extends BaseCommand {
  static override summary = 'show tags, signers and administrative keys as docker trust inspect does';
  static override description =
    'Prints the same JSON as docker trust inspect, with or without --json; --pretty prints text.';
  static override examples = [
    '<%= config.bin %> inspect registry.example.com/team/app',
    '<%= config.bin %> inspect --pretty registry.example.com/team/app:1.4.2',
  ];
  static override strict = false;
  static override args = {
    name: Args.string({ required: true, description: 'repositories (GUNs), with or without :TAG' }),
  };
  static override flags = { pretty: Flags.boolean({ description: 'text instead of JSON' }) };

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(Inspect);
    await withOnlineStation(flags.home, 'inspect', 'read', async ({ station, stores }) => {
      const inspections: TrustInspection[] = [];
      for (const argument of argv as string[]) {
        const { name, tag } = splitTag(station.home, argument);
        const repository = await readPublished(station, stores, name);
        warnOfUnreadRoles(name, repository.broken);
        inspections.push(inspectRepository(repository, tag));
      }
      this.show(inspections, () =>
        flags.pretty ? inspectionLines(inspections).join('\n') : inspectionJson(inspections),
      );
    });
  }
}
