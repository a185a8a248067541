import type { Connections, TransportOptions } from './connections.ts';

/** Connections that are opened where something is sent, and with them node's own client and all that it loads. */
export interface LaterConnections {
  get(): Promise<Connections>;
  close(): Promise<void>;
}

export function laterConnections(options: TransportOptions): LaterConnections {
  let opened: Promise<Connections> | undefined;
  const open = async (): Promise<Connections> => (await import('./connections.ts')).openConnections(options);
  return {
    get: () => (opened ??= open()),
    async close() {
      (await opened)?.close();
    },
  };
}
