interface Fault {
  readonly instancePath: string;
  readonly message?: string;
}

interface Validator {
  (value: unknown): boolean;
  errors?: readonly Fault[] | null;
}

export const request: Validator;
export const response: Validator;
export const combined: Validator;
export const changes: Validator;
export const card: Validator;
export const ledger_line: Validator;
