import { resolve } from 'node:path';
import { addRepository } from '../../src/online/repositories/add-repository.ts';
import { withOnlineStation } from '../../src/online/session.ts';
import { Args, BaseCommand, Flags } from '../../src/terminal/base-command.ts';
import { show, showPath } from '../../src/terminal/escape.ts';
import type { DialectName } from '../../src/metadata/dialect.ts';
import { DIALECT_NAMES } from '../../src/metadata/dialects.ts';
import type { ClientFiles } from '../../src/online/transport/client-certificate.ts';
import type { Place } from '../../src/online/repositories/place.ts';

export default class RepositoryAdd extends BaseCommand {
  static override summary = 'say where a repository lives: a trust server, a folder, or a URL';
  static override description =
    'Several names may be given. A folder repository is the same set of files, to be served by any web server; its snapshot and timestamp are signed by keys of this station. Without --server the variable DOCKER_CONTENT_TRUST_SERVER says which server it is, and without --ca the certificates of ~/.docker/tls/HOST:PORT vouch for it, as for docker trust; without --tls-cert and --tls-key the .cert and .key there are shown to it.';
  static override examples = [
    '<%= config.bin %> repository add registry.example.com/team/app --server https://notary.example.com',
    '<%= config.bin %> repository add registry.example.com/team/app --directory /srv/trust',
    '<%= config.bin %> repository add firmware --dialect tuf --directory /srv/tuf/firmware',
    '<%= config.bin %> repository add upstream --dialect tuf --url https://tuf.example.com/metadata',
    '<%= config.bin %> repository add sigstore --dialect tuf --url https://tuf.example.org --roots-only',
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
    'tls-cert': Flags.string({
      description: 'PEM file with the certificate by which the server lets this station in',
      helpValue: 'FILE',
      dependsOn: ['tls-key'],
      exclusive: ['directory', 'url'],
    }),
    'tls-key': Flags.string({
      description:
        'PEM file with the private key of that certificate, without passphrase; it is read where it lies',
      helpValue: 'FILE',
      dependsOn: ['tls-cert'],
    }),
    url: Flags.string({
      description: 'URL of TUF metadata that is only read, to verify or to adopt',
      helpValue: 'URL',
      exclusive: ['server', 'directory'],
    }),
    'targets-url': Flags.string({
      description: 'URL of the target files, where they are not at targets/ beside the metadata',
      helpValue: 'URL',
      dependsOn: ['url'],
    }),
    'first-root': Flags.integer({
      description: 'version of the oldest root that is still there (default: 1)',
      helpValue: 'VERSION',
      min: 1,
      exclusive: ['server'],
    }),
    'roots-only': Flags.boolean({
      description: 'read nothing but the roots, to have the next one signed for whoever runs the repository',
      exclusive: ['server'],
    }),
    directory: Flags.string({ description: 'folder that holds the repository', helpValue: 'DIR' }),
    dialect: Flags.string({
      description: 'how the repository writes its metadata',
      options: [...DIALECT_NAMES],
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
        client: clientFiles(flags['tls-cert'], flags['tls-key']),
        directory: flags.directory === undefined ? undefined : resolve(flags.directory),
        url: flags.url,
        targetsUrl: flags['targets-url'],
        firstRoot: flags['first-root'],
        rootsOnly: flags['roots-only'],
        dialect: flags.dialect as DialectName,
        environment: process.env,
      });
      const where = place.kind === 'directory' ? { path: place.path } : { url: place.url };
      this.show({ repositories: names, place: { kind: place.kind, ...where } }, () =>
        names.map((name) => `added ${show(name)} at ${placeText(place)}`).join('\n'),
      );
      return Promise.resolve();
    });
  }
}

function clientFiles(certificate: string | undefined, key: string | undefined): ClientFiles | undefined {
  if (certificate === undefined || key === undefined) return undefined;
  return { certificate: resolve(certificate), key: resolve(key) };
}

function placeText(place: Place): string {
  if (place.kind === 'directory') return showPath(place.path);
  return `${show(place.url)}${place.ca === null ? '' : ', with an authority of its own'}`;
}
