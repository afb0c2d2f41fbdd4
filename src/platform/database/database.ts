/** The database's address, once it is reachable and migrated: a provider that gets it injected may connect at once. */
export class Database {
  constructor(
    /** A `postgresql://` address with its password: never log it. */
    readonly url: string,
  ) {}
}
