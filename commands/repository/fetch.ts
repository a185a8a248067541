import { fetchRepositories } from '../../src/online/repositories/known-repository.ts';
import { withOnlineStation } from '../../src/online/session.ts';
import { Args, BaseCommand } from '../../src/terminal/base-command.ts';
import { show } from '../../src/terminal/escape.ts';
import { startProgress } from '../../src/terminal/progress.ts';

export default class RepositoryFetch extends BaseCommand {
  static override summary = 'read what is published, verify it, and keep its roots';
  static override description =
    "Pins the newest root; every root from the pinned one on is kept in the home's archive. export and publish do the same for the repositories that they touch.";
  static override examples = [
    '<%= config.bin %> repository fetch',
    '<%= config.bin %> repository fetch registry.example.com/team/app',
  ];
  static override strict = false;
  static override args = { name: Args.string({ description: 'repositories (GUNs); all if left out' }) };

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(RepositoryFetch);
    await withOnlineStation(flags.home, 'repository fetch', 'write', async ({ station, stores }) => {
      const progress = startProgress('reading repositories');
      try {
        const fetched = await fetchRepositories(station, stores, argv as string[], (done, total) => {
          progress.update(done, total);
        });
        progress.end();
        this.show({ repositories: fetched }, () =>
          fetched
            .map(({ name, root, recorded }) => {
              const news = recorded === 0 ? 'nothing new' : `${String(recorded)} new facts in the ledger`;
              return `${show(name)} root ${String(root)}, ${news}`;
            })
            .join('\n'),
        );
      } finally {
        progress.end();
      }
    });
  }
}
