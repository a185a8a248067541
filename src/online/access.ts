/** What a request asks for: a repository and the actions on it, as token scopes name them. */
export interface Access {
  readonly repository: string;
  readonly actions: 'pull' | 'push,pull';
}
