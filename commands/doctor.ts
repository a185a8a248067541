import { EXIT } from '../src/errors.ts';
import { allowedModules } from '../src/station/keys/modules.ts';
import { checkClock } from '../src/station/home/clock.ts';
import { find, type Finding, mediaFinding, programFindings, tokenFindings } from '../src/station/doctor.ts';
import { type Home, openHome } from '../src/station/home/home.ts';
import { BaseCommand, Flags } from '../src/terminal/base-command.ts';
import { findingLines } from '../src/terminal/views/finding-lines.ts';

export default class Doctor extends BaseCommand {
  static override summary = 'say what works here and what does not';
  static override description =
    'Looks at Node, the PKCS#11 addon, the home and its ledger, the clock, the PKCS#11 modules that were allowed and their tokens (no PIN is asked for), and the medium. An offline station looks for ways off the machine; an online station asks each server. Exit code 0 if all is well, 4 if anything is not.';
  static override examples = [
    '<%= config.bin %> doctor',
    '<%= config.bin %> doctor --media /media/stick --json',
  ];
  static override flags = {
    media: Flags.string({
      description: 'folder of the stick, to see whether it can be written',
      helpValue: 'DIR',
    }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Doctor);
    const findings = await programFindings();
    let home: Home | undefined;
    findings.push(
      await find('HOME', 'countersign station init makes one', async () => {
        home = await openHome(flags.home, { write: false });
        return `${home.side} station ${home.name}, ${home.dir}`;
      }),
    );
    if (flags.media !== undefined) findings.push(await mediaFinding(flags.media));
    if (home !== undefined) findings.push(...(await stationFindings(home)));
    this.show({ ok: findings.every(({ ok }) => ok), findings }, () => findingLines(findings).join('\n'));
    if (findings.some(({ ok }) => !ok)) this.endWith(EXIT.incomplete);
  }
}

/** What an open station adds; each half loads its own part, and the offline half nothing of the other (R15). */
async function stationFindings(home: Home): Promise<Finding[]> {
  try {
    return [
      await find(
        'LEDGER',
        'countersign log verify',
        () => `${String([...home.ledger.lines()].length)} lines, unbroken`,
      ),
      await find('CLOCK', 'set the clock; countersign clock reset if the floor is wrong', () => {
        const now = Math.floor(Date.now() / 1000);
        checkClock(home, now);
        return new Date(now * 1000).toISOString();
      }),
      ...(await tokenFindings(allowedModules(home.ledger.lines()))),
      ...(home.side === 'online'
        ? await (await import('../src/online/doctor.ts')).onlineFindings(home)
        : (await import('../src/offline/doctor.ts')).offlineFindings()),
    ];
  } finally {
    home.close();
  }
}
