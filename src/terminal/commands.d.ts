/** Made by scripts/build.mjs from the files in commands/. */
declare module 'countersign:commands' {
  // eslint-disable-next-line @typescript-eslint/consistent-type-imports -- an ambient module cannot import
  export const commands: import('./command-table.ts').CommandTable;
}
