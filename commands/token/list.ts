import type { TokenDescription } from '../../src/signer/pkcs11/list-tokens.ts';
import { openHome } from '../../src/station/home/home.ts';
import { allowedModules } from '../../src/station/keys/modules.ts';
import { BaseCommand } from '../../src/terminal/base-command.ts';
import { table } from '../../src/terminal/views/table.ts';

export default class TokenList extends BaseCommand {
  static override summary = 'list the tokens behind the allowed modules, without a login';
  static override examples = ['<%= config.bin %> token list'];

  async run(): Promise<void> {
    const { flags } = await this.parse(TokenList);
    const home = await openHome(flags.home, { write: false });
    try {
      const { listTokens } = await import('../../src/signer/pkcs11/list-tokens.ts');
      const tokens: ({ module: string } & TokenDescription)[] = [];
      for (const module of allowedModules(home.ledger.lines()))
        for (const token of await listTokens({ module })) tokens.push({ module: module.path, ...token });
      this.show({ tokens }, () =>
        table(
          ['TOKEN', 'SERIAL', 'PIN', 'MODEL', 'MODULE'],
          tokens.map(({ label, serial, pin, model, module }) => [label, serial, pin, model, module]),
        ).join('\n'),
      );
    } finally {
      home.close();
    }
  }
}
