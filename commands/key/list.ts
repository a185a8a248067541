import { openHome } from '../../src/station/home/home.ts';
import { foldKeys } from '../../src/station/keys/key-registry.ts';
import { BaseCommand } from '../../src/terminal/base-command.ts';
import { keyDocument, keyLines } from '../../src/terminal/views/key-view.ts';

export default class KeyList extends BaseCommand {
  static override summary = 'list the signing keys of this station';
  static override examples = ['<%= config.bin %> key list'];

  async run(): Promise<void> {
    const { flags } = await this.parse(KeyList);
    const home = await openHome(flags.home, { write: false });
    try {
      const keys = [...foldKeys(home.ledger.lines()).keys.values()];
      this.show({ keys: keys.map(keyDocument) }, () => keyLines(keys).join('\n'));
    } finally {
      home.close();
    }
  }
}
