import { Flags } from '../base-command.ts';

/** Roles that a reading command looks into, in the order in which they are asked. */
export const rolesFlag = Flags.string({
  char: 'r',
  multiple: true,
  multipleNonGreedy: true,
  description: 'role to look into, with those below it (default: all)',
  helpValue: 'ROLE',
});
