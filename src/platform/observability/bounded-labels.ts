const MAX_SETS = 100;

/** Bounds the number of label sets from outside: each one costs memory here and in Prometheus for ever. */
export class BoundedLabels<Label extends string> {
  private readonly known = new Set<string>();

  constructor(private readonly labels: readonly Label[]) {}

  /** The values as they are, or `other` for each of them. */
  boundLabels(values: Readonly<Record<Label, string>>): Partial<Record<Label, string>> {
    const key = JSON.stringify(this.labels.map((label) => values[label]));
    if (this.known.has(key)) return values;
    if (this.known.size < MAX_SETS) {
      this.known.add(key);
      return values;
    }
    const other: Partial<Record<Label, string>> = {};
    for (const label of this.labels) other[label] = 'other';
    return other;
  }
}
