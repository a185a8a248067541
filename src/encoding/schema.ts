import { refused } from '../errors.ts';
import type { Json } from './json.ts';
import * as validators from './schema/generated.js';

/** Our own formats, as bundle-schema/ describes them. */
export type ShapeName = 'request' | 'response' | 'combined' | 'changes' | 'card' | 'ledger-line';

/**
 * Checks a value against the JSON Schema of one of our formats.
 *
 * @throws REQUEST-SCHEMA, RESPONSE-SCHEMA, COMBINED-SCHEMA, CHANGES-SCHEMA, CARD-SCHEMA, LEDGER-LINE-SCHEMA
 */
export function checkShape(name: ShapeName, value: Json): void {
  const validate = validators[name === 'ledger-line' ? 'ledger_line' : name];
  if (validate(value)) return;
  const [fault] = validate.errors ?? [];
  throw refused(
    `${name.toUpperCase()}-SCHEMA`,
    `the ${name} does not have the form that its schema describes`,
    {
      expected: fault?.message ?? 'the schema',
      where: fault?.instancePath === '' ? '/' : (fault?.instancePath ?? '/'),
    },
  );
}
