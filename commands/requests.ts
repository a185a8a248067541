import { withOnlineStation } from '../src/online/session.ts';
import { outstandingRequests } from '../src/online/staging/stage.ts';
import { BaseCommand } from '../src/terminal/base-command.ts';
import { table } from '../src/terminal/views/table.ts';

export default class Requests extends BaseCommand {
  static override summary = 'list exported requests and what became of them';
  static override examples = ['<%= config.bin %> requests'];

  async run(): Promise<void> {
    const { flags } = await this.parse(Requests);
    await withOnlineStation(flags.home, 'requests', 'read', ({ station }) => {
      const requests = outstandingRequests(station);
      const rows = requests.flatMap(({ digest, time, repositories }) =>
        repositories.map(({ name, state }) => [digest.slice(0, 16), time, name, state]),
      );
      this.show({ requests }, () => table(['REQUEST', 'EXPORTED', 'REPOSITORY', 'STATE'], rows).join('\n'));
      return Promise.resolve();
    });
  }
}
