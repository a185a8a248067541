/** What is presented to a token service. Never part of an error or a log. */
export type Credential =
  | { readonly kind: 'password'; readonly username: string; readonly password: string }
  | { readonly kind: 'refresh-token'; readonly token: string };

/** Variables of the process, as they are handed down. */
export type Environment = Readonly<Record<string, string | undefined>>;
