import { describe } from 'vitest';
import { startNotaryServer } from '../peers/notary-server.ts';
import { testOperations } from './operations.ts';

describe('an estate on a notary-server that keeps everything in memory', () => {
  testOperations(startNotaryServer);
});
