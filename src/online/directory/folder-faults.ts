import { CountersignError, unavailable } from '../../errors.ts';

/**
 * Work on the folder of a repository: what the file system says against it is a refusal that says where.
 *
 * @throws DIRECTORY-IO (exit 6), and what the work refuses itself
 */
export async function guarded<T>(where: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof CountersignError) throw cause;
    const found = cause instanceof Error ? cause.message.slice(0, 300) : 'an unknown error';
    throw unavailable('DIRECTORY-IO', 'the folder of the repository cannot be used', { found, where, cause });
  }
}

/** The result, or null where the path leads nowhere. */
export async function orNull<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw cause;
  }
}
