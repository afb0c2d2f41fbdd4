/** Text that PostgreSQL can store: no NUL, no half of a surrogate pair. */
export const STORABLE = /^[^\0\p{Surrogate}]*$/u;
