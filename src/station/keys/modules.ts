import { checkModuleFile, type AllowedModule } from '../../signer/pkcs11/module.ts';
import { textOf, type RecordedEvent } from '../ledger/events.ts';
import type { Home } from '../home/home.ts';

/** PKCS#11 modules that the officers allowed this station to load, out of its ledger. */
export function allowedModules(lines: Iterable<RecordedEvent>): AllowedModule[] {
  const modules = new Map<string, AllowedModule>();
  for (const { event, data } of lines) {
    if (event !== 'token-allowed') continue;
    const path = textOf(data, 'module');
    const { parameters } = data;
    modules.set(path, typeof parameters === 'string' ? { path, parameters } : { path });
  }
  return [...modules.values()];
}

/** Puts a module on the list. @throws TOKEN-MODULE (exit 6), TOKEN-MODULE-FILE (exit 3) */
export function allowModule(home: Home, path: string, parameters: string | null): AllowedModule {
  checkModuleFile(path);
  home.ledger.append([{ event: 'token-allowed', data: { module: path, parameters } }]);
  return parameters === null ? { path } : { path, parameters };
}
