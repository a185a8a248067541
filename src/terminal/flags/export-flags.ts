import { Flags } from '../base-command.ts';

/** What every command that writes a request asks: where to, and for whom. */
export const exportFlags = {
  output: Flags.string({ char: 'o', required: true, description: 'file to write', helpValue: 'FILE' }),
  to: Flags.string({
    multiple: true,
    multipleNonGreedy: true,
    description: 'offline station to address (default: all paired)',
    helpValue: 'NAME',
  }),
};
