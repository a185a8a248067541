import { openHome } from '../../src/station/home/home.ts';
import { pairWithCard } from '../../src/station/cards/pair.ts';
import { Args, BaseCommand, Flags } from '../../src/terminal/base-command.ts';
import { keyNewsLines, partnerDocument } from '../../src/terminal/views/card-key-view.ts';
import { compareWords } from '../../src/terminal/prompts/compare-words.ts';
import { show } from '../../src/terminal/escape.ts';

export default class StationPair extends BaseCommand {
  static override summary = 'pin the card of another station, after its digest was compared';
  static override description =
    'Shows the digest of the card in hex and words and asks for two of the words, as the other side reads them. The signing keys on the card are pinned with it; a partner that has new keys brings a new card. A script gives the whole digest with --approve.';
  static override examples = [
    '<%= config.bin %> station pair /media/stick/vault-a.card',
    '<%= config.bin %> station pair vault-a.card --approve DIGEST',
  ];
  static override args = { file: Args.string({ required: true, description: 'card of the other station' }) };
  static override flags = {
    approve: Flags.string({ description: 'digest of the card, 64 hex digits', helpValue: 'DIGEST' }),
    replace: Flags.string({ description: 'partner whose key this card replaces', helpValue: 'NAME' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(StationPair);
    const home = await openHome(flags.home, { write: true });
    try {
      let keys: string[] = [];
      const partner = await pairWithCard(
        home,
        args.file,
        flags.replace ?? null,
        async (card, digest, news) => {
          keys = keyNewsLines(news);
          await compareWords('card', digest, flags.approve, [
            `card of ${show(card.name)}: ${card.side}, ${card.environment}`,
            ...(flags.replace === undefined
              ? []
              : [`it replaces ${show(flags.replace)}: nothing that one sealed is accepted any more`]),
            ...keys,
          ]);
        },
      );
      this.show(partnerDocument(partner), () =>
        [
          `paired with ${show(partner.name)} (${partner.side})`,
          ...keys,
          '',
          `next: countersign station card -o CARD, to be paired on ${show(partner.name)} too`,
        ].join('\n'),
      );
    } finally {
      home.close();
    }
  }
}
