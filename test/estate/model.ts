/** What a targets role says, as plain maps. Keys are numbers: those of the delegates that a test has. */
export interface Content {
  /** Target name to the number that its hash and length are made of. */
  readonly entries: Map<string, number>;
  /** Delegated role to its declaration, in order; null where it was taken away again since the last publication. */
  readonly below: Map<string, Declared | null>;
}

export interface Declared {
  readonly paths: string[];
  readonly keys: Set<number>;
  /** Keys that it has had since the last publication. */
  readonly kept: Set<number>;
  threshold: number;
}

/** A file that a server has, which need not be one that clients read. */
interface Published extends Content {
  readonly version: number;
  readonly signedBy: ReadonlySet<number>;
}

/** A target as a client lists it. */
export interface Row {
  readonly name: string;
  readonly role: string;
  readonly content: number;
}

const EVERYTHING = [''];

export function parentOf(role: string): string {
  return role.slice(0, role.lastIndexOf('/'));
}

/**
 * What one repository is to be after any changes: an independent and simple-minded telling of the facts on
 * delegations (notary-v1.md 9), for tests to compare clients with.
 */
export class RepositoryModel {
  /** Every role's last file: one that nobody reads any more may come back, or is continued above its version. */
  private readonly files = new Map<string, Published>();
  private readonly draft = new Map<string, Content>();
  root = 1;
  /** Number of keys that sign targets, and how many of them must. */
  targets = { keys: 1, threshold: 1 };

  constructor() {
    this.files.set('targets', { entries: new Map(), below: new Map(), version: 0, signedBy: new Set() });
    this.open('targets');
  }

  /** Whether changes wait. */
  get isDirty(): boolean {
    return this.draft.size > 0;
  }

  /** Whether a waiting change could stand in the way of the next: a role loses its signatures, or one below others changes. */
  get isFragile(): boolean {
    return this.losses().length > 0 || [...this.draft.keys()].some((role) => role.split('/').length > 2);
  }

  isTouched(role: string): boolean {
    return this.draft.has(role);
  }

  /** The published file of a role, where clients read it. */
  readable(role: string): Published | null {
    const file = this.files.get(role) ?? null;
    if (role === 'targets' || !file) return file;
    const declared = this.readable(parentOf(role))?.below.get(role);
    return declared && isSigned(file, declared) ? file : null;
  }

  /** A file that is declared, and that its keys did not sign. */
  unsigned(role: string): Content | null {
    const file = this.files.get(role);
    const declared = this.readable(parentOf(role))?.below.get(role);
    return file && declared && !isSigned(file, declared) ? file : null;
  }

  /** A role as it is with the changes that wait; null where it has no file that counts. */
  current(role: string): Content | null {
    return this.draft.get(role) ?? this.readable(role);
  }

  /** Who a role is delegated to, with the changes that wait. */
  declared(role: string): Declared | null {
    return this.current(parentOf(role))?.below.get(role) ?? null;
  }

  /** `targets`, and every role that is delegated to, with the changes that wait. */
  declaredRoles(): string[] {
    const roles = ['targets'];
    for (const role of roles)
      for (const [below, declared] of this.current(role)?.below ?? []) if (declared) roles.push(below);
    return roles;
  }

  /** The role, to be written: its file, or an empty one where it has none that counts. */
  open(role: string): Content {
    let content = this.draft.get(role);
    if (!content) this.draft.set(role, (content = copy(this.readable(role))));
    return content;
  }

  /**
   * Published delegated roles whose declaration waits to be changed so that their files do not count any more, and that
   * are not written anyway.
   */
  losses(): string[] {
    return [...this.files.keys()].filter((role) => {
      const file = role === 'targets' || this.draft.has(role) ? null : this.readable(role);
      const declared = this.draft.get(parentOf(role))?.below.get(role);
      return file && declared && !isSigned(file, declared);
    });
  }

  /** All that waits is published. */
  publish(): void {
    const signers = new Map([...this.draft.keys()].map((role) => [role, this.declared(role)?.keys]));
    for (const [role, { entries, below }] of this.draft) {
      const left = [...below].flatMap(([name, one]) => (one ? [[name, fresh(one)] as const] : []));
      this.files.set(role, {
        entries,
        below: new Map(left),
        version: (this.files.get(role)?.version ?? 0) + 1,
        signedBy: new Set(signers.get(role)),
      });
    }
    this.draft.clear();
  }

  /** What a client lists, by name: of several roles the first in breadth. */
  rows(): Row[] {
    const rows = new Map<string, Row>();
    const queue = [{ role: 'targets', paths: EVERYTHING }];
    for (const { role, paths } of queue) {
      const file = this.readable(role);
      for (const [name, content] of file?.entries ?? [])
        if (!rows.has(name) && begins(name, paths)) rows.set(name, { name, role, content });
      for (const [below, declared] of file?.below ?? [])
        queue.push({ role: below, paths: (declared?.paths ?? []).filter((path) => begins(path, paths)) });
    }
    return [...rows.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Version of each role that clients read. */
  versions(): Record<string, number> {
    const read = [...this.files.keys()].filter((role) => this.readable(role));
    return Object.fromEntries([
      ['root', this.root],
      ...read.map((role) => [role, this.readable(role)?.version]),
    ]) as Record<string, number>;
  }

  /** Every delegation that a client reads: role, paths, threshold, keys. */
  delegations(): { role: string; paths: string[]; threshold: number; keys: number[] }[] {
    return [...this.files.keys()]
      .flatMap((parent) => [...(this.readable(parent)?.below ?? [])])
      .flatMap(([role, declared]) =>
        declared
          ? [{ role, paths: declared.paths, threshold: declared.threshold, keys: [...declared.keys].sort() }]
          : [],
      )
      .sort((a, b) => (a.role < b.role ? -1 : 1));
  }
}

function isSigned({ signedBy }: Published, { keys, threshold }: Declared): boolean {
  return [...keys].filter((key) => signedBy.has(key)).length >= threshold;
}

function begins(name: string, paths: readonly string[]): boolean {
  return paths.some((path) => name.startsWith(path));
}

function fresh({ paths, keys, threshold }: Declared): Declared {
  return { paths: [...paths], keys: new Set(keys), kept: new Set(keys), threshold };
}

function copy(content: Content | null): Content {
  return {
    entries: new Map(content?.entries),
    below: new Map([...(content?.below ?? [])].map(([role, one]) => [role, one && fresh(one)])),
  };
}
