import { openHome } from '../../src/station/home/home.ts';
import { showPolicy } from '../../src/station/set-policy.ts';
import { BaseCommand } from '../../src/terminal/base-command.ts';
import { policyLines } from '../../src/terminal/views/policy-view.ts';

export default class PolicyShow extends BaseCommand {
  static override summary = 'show how long roles are valid at this station';
  static override description =
    'The usual validity of each role, and the least and most that this station allows, in days; what was set here is marked, what is not comes with the dialect.';
  static override examples = ['<%= config.bin %> policy show'];

  async run(): Promise<void> {
    const { flags } = await this.parse(PolicyShow);
    const home = await openHome(flags.home, { write: false });
    try {
      const policy = showPolicy(home);
      this.show(policy, () => policyLines(policy).join('\n'));
    } finally {
      home.close();
    }
  }
}
