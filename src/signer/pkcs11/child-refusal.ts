import type { Failure } from './protocol.ts';

/** A failure that is no answer of the module. */
export class ChildRefusal extends Error {
  override readonly name = 'ChildRefusal';
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.kind);
    this.failure = failure;
  }
}
