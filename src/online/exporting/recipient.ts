/** A station that a request is for. */
export interface Recipient {
  readonly name: string;
  readonly identity: string;
}
