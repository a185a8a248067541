import type { CommandClass } from './command-table.ts';

/** Made by scripts/build.mjs from the files in commands/: every command by its words, for the build itself. */
export const commands: Readonly<Record<string, CommandClass>>;
