/** Where the database is, once it is reachable and migrated: whoever gets this injected may connect at once. */
export class Database {
  constructor(
    /** A `postgresql://` address with its password: never log it. */
    readonly url: string,
  ) {}
}
