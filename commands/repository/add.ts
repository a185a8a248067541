import { resolve } from 'node:path';
import { addRepository } from '../../src/online/add-repository.ts';
import { withOnlineStation } from '../../src/online/session.ts';
import { Args, BaseCommand, Flags } from '../../src/terminal/base-command.ts';
import { show, showPath } from '../../src/terminal/escape.ts';
import type { Place } from '../../src/online/stores.ts';

export default class RepositoryAdd extends BaseCommand {
  static override summary = 'say where a repository lives: a trust server, or a folder';
  static override description =
    'Several names may be given. A folder repository is the same set of files, to be served by any web server; its snapshot and timestamp are signed by keys of this station. Without --server the variable DOCKER_CONTENT_TRUST_SERVER says which server it is, and without --ca the certificates of ~/.docker/tls/HOST:PORT vouch for it, as for docker trust.';
  static override examples = [
    '<%= config.bin %> repository add registry.example.com/team/app --server https://notary.example.com',
    '<%= config.bin %> repository add registry.example.com/team/app --directory /srv/trust',
  ];
  static override strict = false;
  static override args = { name: Args.string({ required: true, description: 'repository names (GUNs)' }) };
  static override flags = {
    server: Flags.string({
      description: 'URL of the trust server',
      helpValue: 'URL',
      exclusive: ['directory'],
    }),
    ca: Flags.string({
      description: 'PEM file with the authority of the server',
      helpValue: 'FILE',
      exclusive: ['directory'],
    }),
    directory: Flags.string({ description: 'folder that holds the repository', helpValue: 'DIR' }),
    dialect: Flags.string({
      description: 'how the repository writes its metadata',
      options: ['notary'],
      default: 'notary',
    }),
  };

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(RepositoryAdd);
    const names = argv as string[];
    await withOnlineStation(flags.home, 'repository add', 'write', ({ station }) => {
      const place = addRepository(station.home, names, {
        server: flags.server,
        ca: flags.ca === undefined ? undefined : resolve(flags.ca),
        directory: flags.directory === undefined ? undefined : resolve(flags.directory),
        environment: process.env,
      });
      const where = place.kind === 'server' ? { url: place.url } : { path: place.path };
      this.show({ repositories: names, place: { kind: place.kind, ...where } }, () =>
        names.map((name) => `added ${show(name)} at ${placeText(place)}`).join('\n'),
      );
      return Promise.resolve();
    });
  }
}

function placeText(place: Place): string {
  if (place.kind === 'directory') return showPath(place.path);
  return `${show(place.url)}${place.ca === null ? '' : ', with an authority of its own'}`;
}
