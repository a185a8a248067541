import { placeName } from '../../src/online/repositories/place.ts';
import { repositories } from '../../src/online/repositories/repositories.ts';
import { withOnlineStation } from '../../src/online/session.ts';
import { BaseCommand } from '../../src/terminal/base-command.ts';
import { table } from '../../src/terminal/views/table.ts';

export default class RepositoryList extends BaseCommand {
  static override summary = 'list the repositories of this station';
  static override examples = ['<%= config.bin %> repository list'];

  async run(): Promise<void> {
    const { flags } = await this.parse(RepositoryList);
    await withOnlineStation(flags.home, 'repository list', 'read', ({ station }) => {
      const all = repositories(station.home);
      const rows = all.map(({ name, dialect, place }) => [name, dialect, placeName(place)]);
      this.show({ repositories: all }, () => table(['REPOSITORY', 'DIALECT', 'WHERE'], rows).join('\n'));
      return Promise.resolve();
    });
  }
}
