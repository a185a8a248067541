/** What a request asks for: a repository and the actions on it, as token scopes name them. */
export interface Access {
  readonly repository: string;
  readonly actions: 'pull' | 'push,pull' | '*';
}

/** What a request that concerns a whole server asks for. */
export const WHOLE_SERVER: Access = { repository: '', actions: '*' };

/** The scope of a token (Docker's distribution token specification). */
export function scopeOf({ repository, actions }: Access): string {
  return repository === '' ? `registry:catalog:${actions}` : `repository:${repository}:${actions}`;
}
