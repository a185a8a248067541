import { verifyLedger } from '../../src/station/ledger/verify-ledger.ts';
import { Args, BaseCommand } from '../../src/terminal/base-command.ts';
import { digestLines } from '../../src/terminal/views/digest-block.ts';
import { showPath } from '../../src/terminal/escape.ts';

export default class LogVerify extends BaseCommand {
  static override summary = 'verify this ledger, or an exported one';
  static override description =
    "Without files: this home's ledger. With response bundles of this station: that the ledger holds the lines that they name. With a file of log export: its seal and chain, without a station.";
  static override examples = [
    '<%= config.bin %> log verify',
    '<%= config.bin %> log verify /media/stick/app.response.tar',
    '<%= config.bin %> log verify vault-a.ledger',
  ];
  static override strict = false;
  static override args = { file: Args.string({ description: 'response bundles, or an exported ledger' }) };

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(LogVerify);
    const result = await verifyLedger(flags.home, argv as string[]);
    this.show(result, () =>
      [
        `the ledger verifies: ${String(result.lines)} lines`,
        ...(result.station === null ? [] : [`sealed by station ${result.station}`]),
        ...result.heads.map(({ file, line }) => `holds line ${String(line)} as ${showPath(file)} names it`),
        '',
        ...digestLines('ledger head', result.head),
      ].join('\n'),
    );
  }
}
