import { knownRepository } from '../../src/online/repositories/known-repository.ts';
import { withOnlineStation } from '../../src/online/session.ts';
import { Args, BaseCommand } from '../../src/terminal/base-command.ts';
import { repositoryLines } from '../../src/terminal/views/repository-view.ts';

export default class RepositoryShow extends BaseCommand {
  static override summary = 'show what this station knows of a repository';
  static override description =
    'Where it lives, its chain of roots, and the newest version of each role: only what was verified here. Nobody is asked; repository fetch looks at what is published now.';
  static override examples = ['<%= config.bin %> repository show registry.example.com/team/app'];
  static override args = { name: Args.string({ required: true, description: 'repository (GUN)' }) };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(RepositoryShow);
    await withOnlineStation(flags.home, 'repository show', 'read', ({ station }) => {
      const known = knownRepository(station, args.name);
      this.show(known, () => repositoryLines(known).join('\n'));
      return Promise.resolve();
    });
  }
}
