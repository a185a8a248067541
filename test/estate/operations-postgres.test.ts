import { describe } from 'vitest';
import { startNotaryOnPostgres } from '../peers/notary-on-postgres.ts';
import { testOperations } from './operations.ts';

describe('an estate on a notary-server with PostgreSQL and notary-signer', () => {
  testOperations(startNotaryOnPostgres);
});
