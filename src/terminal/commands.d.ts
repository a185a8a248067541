/* eslint-disable @typescript-eslint/consistent-type-imports -- an ambient module cannot import */

/** Made by scripts/build.mjs from the files in commands/: the files of dist/, none of which is loaded yet. */
declare module 'countersign:files' {
  export const commands: import('./command-table.ts').CommandTable;
  export const help: () => typeof import('./help.ts');
}

/** Made by scripts/build.mjs: every command, for the build itself. */
declare module 'countersign:commands' {
  export const commands: Readonly<Record<string, import('./command-table.ts').CommandClass>>;
}
