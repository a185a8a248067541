import { Flags } from '../base-command.ts';

/** What is to be said of a target beside its content. */
export const customFlag = Flags.string({
  description:
    'custom data of the target (JSON, or @ and a file with JSON; null: none); without it they stay while the content does',
  helpValue: 'JSON',
});
