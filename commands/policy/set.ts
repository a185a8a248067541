import { setPolicy } from '../../src/station/set-policy.ts';
import { openHome } from '../../src/station/home/home.ts';
import type { DialectName } from '../../src/metadata/dialect.ts';
import { DIALECT_NAMES } from '../../src/metadata/dialects.ts';
import { Args, BaseCommand, Flags } from '../../src/terminal/base-command.ts';
import { policyLines } from '../../src/terminal/views/policy-view.ts';

export default class PolicySet extends BaseCommand {
  static override summary = 'set how long a role is valid: what is usual, and what is allowed';
  static override description =
    'At an online station the usual validity is what it asks for, and what it gives snapshot and timestamp itself. At every station an expiry outside the least and the most is refused (POLICY-EXPIRY). Delegated roles are like targets, unless something is set for one by its name. What is set for a repository goes before what is set for all.';
  static override examples = [
    '<%= config.bin %> policy set timestamp --dialect tuf --usual 2d --most 7d',
    '<%= config.bin %> policy set targets --dialect tuf --repository firmware --usual 30d --most 45d',
    '<%= config.bin %> policy set root --usual 365d --most 400d',
    '<%= config.bin %> policy set root --default',
  ];
  static override args = { role: Args.string({ required: true, description: 'role' }) };
  static override flags = {
    dialect: Flags.string({
      description: 'for repositories of this dialect',
      options: [...DIALECT_NAMES],
      default: 'notary',
    }),
    repository: Flags.string({ description: 'for this repository alone', helpValue: 'NAME' }),
    usual: Flags.string({ description: 'validity that is asked for', helpValue: 'DAYSd' }),
    least: Flags.string({ description: 'shortest validity that is allowed', helpValue: 'DAYSd' }),
    most: Flags.string({ description: 'longest validity that is allowed', helpValue: 'DAYSd' }),
    default: Flags.boolean({
      description: 'forget what was set for exactly this',
      exclusive: ['usual', 'least', 'most'],
    }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(PolicySet);
    const home = await openHome(flags.home, { write: true });
    try {
      const scope = {
        dialect: flags.dialect as DialectName,
        repository: flags.repository ?? null,
        role: args.role,
      };
      const { usual, least, most } = flags;
      const policy = setPolicy(home, scope, flags.default ? null : { usual, least, most });
      this.show(policy, () => policyLines(policy).join('\n'));
    } finally {
      home.close();
    }
  }
}
