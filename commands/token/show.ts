import { openHome } from '../../src/station/home/home.ts';
import { allowedModules } from '../../src/station/keys/modules.ts';
import { Args, BaseCommand } from '../../src/terminal/base-command.ts';
import { escapeCut } from '../../src/terminal/escape.ts';
import { table } from '../../src/terminal/views/table.ts';

export default class TokenShow extends BaseCommand {
  static override summary = 'show what a token can do and which public keys it shows, without a login';
  static override examples = ['<%= config.bin %> token show "pkcs11:token=ceremony"'];
  static override args = { uri: Args.string({ required: true, description: 'PKCS#11 URI of the token' }) };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(TokenShow);
    const home = await openHome(flags.home, { write: false });
    try {
      const { parseTokenUri } = await import('../../src/signer/pkcs11/uri.ts');
      const { resolveModule } = await import('../../src/signer/pkcs11/module.ts');
      const { showToken } = await import('../../src/signer/pkcs11/list-tokens.ts');
      const uri = parseTokenUri(args.uri);
      const token = await showToken({ module: resolveModule(uri, allowedModules(home.ledger.lines())), uri });
      this.show(token, () =>
        [
          `${escapeCut(token.label, 40)}, serial ${escapeCut(token.serial, 40)}, PIN ${token.pin}`,
          `algorithms: ${token.algorithms.join(', ')}`,
          ...table(
            ['KEY', 'ALGORITHM', 'ID'],
            token.publicKeys.map(({ label, algorithm, id }) => [label, algorithm ?? 'other', id]),
          ),
        ].join('\n'),
      );
    } finally {
      home.close();
    }
  }
}
