import { createServer } from 'node:net';

/** A TCP port of 127.0.0.1 that is free now; the peer that gets it must bind it at once. */
export async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      if (address === null || typeof address === 'string') throw new Error('no port was given');
      server.close(() => {
        resolve(address.port);
      });
    });
  });
}
