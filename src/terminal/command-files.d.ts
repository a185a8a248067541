import type { CommandTable } from './command-table.ts';
import type { helpText } from './help.ts';

/** Made by scripts/build.mjs from the files in commands/: the files of dist/, none of which is loaded yet. */
export const commands: CommandTable;
export const help: () => { readonly helpText: typeof helpText };
