/** A map that forgets its oldest entries past `capacity`: a cache for values that can be looked up again. */
export class BoundedMap<Key, Value> extends Map<Key, Value> {
  /** @param capacity entries kept, at least 1 */
  constructor(private readonly capacity: number) {
    super();
  }

  override set(key: Key, value: Value): this {
    super.set(key, value);
    if (this.size > this.capacity) {
      const oldest = this.keys().next();
      if (!oldest.done) this.delete(oldest.value);
    }
    return this;
  }
}
