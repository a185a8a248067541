import { find, type Finding } from '../station/doctor.ts';
import type { Home } from '../station/home/home.ts';
import { repositories } from './repositories/repositories.ts';
import { openStores } from './repositories/stores.ts';

/** What only the online half looks at: every place where a repository lives answers. */
export async function onlineFindings(home: Home): Promise<Finding[]> {
  const stores = openStores(process.env);
  try {
    return await Promise.all(
      repositories(home).map((entry) =>
        find(`REPOSITORY ${entry.name}`, 'countersign repository show NAME says where it lives', async () => {
          const store = stores.open(entry);
          const root = await store.current('root');
          return `${store.describe()}: ${root === null ? 'answers, nothing published yet' : 'answers'}`;
        }),
      ),
    );
  } finally {
    await stores.close();
  }
}
