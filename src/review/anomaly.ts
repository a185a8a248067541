/** Something that an officer must see before the bulk (R8). */
export interface Anomaly {
  /** Stable, with content: what `--accept` takes. */
  readonly id: string;
  /** Whether it must be accepted by typing (or `--accept`), not only seen. */
  readonly typed: boolean;
  /** IDs that accept it as well. */
  readonly instead?: readonly string[];
  /** What must be compared with what came by another way, hex: words of it are typed instead of the ID's word. */
  readonly digest?: string;
  /** Place among those that are only seen, 1 before 2; those without one come first, since they are few. */
  readonly order?: number;
  /** Facts, in the order of the sentence; strings from outside are escaped by whoever shows them. */
  readonly text: string;
}
