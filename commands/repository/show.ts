import { repositoryNamed } from '../../src/online/repositories.ts';
import { withOnlineStation } from '../../src/online/session.ts';
import { repositoryKey } from '../../src/station/events.ts';
import { marksOf } from '../../src/station/marks.ts';
import { Args, BaseCommand } from '../../src/terminal/base-command.ts';
import { table } from '../../src/terminal/table.ts';

export default class RepositoryShow extends BaseCommand {
  static override summary = 'show what this station knows of a repository';
  static override examples = ['<%= config.bin %> repository show registry.example.com/team/app'];
  static override args = { name: Args.string({ required: true, description: 'repository (GUN)' }) };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(RepositoryShow);
    await withOnlineStation(flags.home, 'repository show', 'read', ({ station }) => {
      const entry = repositoryNamed(station.home, args.name);
      const marks = marksOf(station.marks, repositoryKey(entry));
      const seen = [...marks.seen].map(([role, mark]) => ({ role, ...mark }));
      this.show({ ...entry, pinned: marks.pinned, seen }, () =>
        table(
          ['ROLE', 'VERSION', 'SHA-256 OF THE SIGNED BYTES'],
          seen.map(({ role, version, sha256 }) => [role, String(version), sha256]),
        ).join('\n'),
      );
      return Promise.resolve();
    });
  }
}
