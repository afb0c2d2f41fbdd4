import type { Room } from './room.js';

interface Column {
  readonly table: string;
  readonly column: string;
}

/**
 * Sets the database's clock back by this much; below zero: ahead. Times written before lie that much later from then
 * on, in every table: so a new table is included.
 */
export async function setClockBack(room: Room, ms: number): Promise<void> {
  const columns = await room.rows<Column>(`
    SELECT c.table_name AS "table", c.column_name AS "column"
    FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
    WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE' AND c.data_type = 'timestamp with time zone'
      AND c.table_name NOT LIKE '\\_%'`);
  for (const { table, column } of columns) {
    await room.pool.query(`UPDATE "${table}" SET "${column}" = "${column}" + $1 * interval '1 ms'`, [ms]);
  }
  for (const [table, column] of [
    ['flood_windows', 'hits'],
    ['flood_windows', 'interactive_line'],
    ['flood_windows', 'background_line'],
    ['throttle_windows', 'hits'],
  ]) {
    await room.pool.query(
      `UPDATE ${table} SET ${column} =
         ARRAY(SELECT at + $1::float8 FROM unnest(${column}) WITH ORDINALITY AS h (at, place) ORDER BY place)`,
      [ms],
    );
  }
}

/** As passing time does. */
export const letTimePass = (room: Room, ms: number): Promise<void> => setClockBack(room, -ms);
