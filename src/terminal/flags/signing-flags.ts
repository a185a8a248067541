import { Flags } from '../base-command.ts';

/** Flags of every command that may need a secret. */
export const secretFlags = {
  'pin-file': Flags.string({
    multiple: true,
    multipleNonGreedy: true,
    description: 'file with the PIN of a token',
    helpValue: '[TOKEN=]FILE',
  }),
  'passphrase-file': Flags.string({
    multiple: true,
    multipleNonGreedy: true,
    description: 'file with the passphrase of the key files',
    helpValue: '[KEYID=]FILE',
  }),
};
