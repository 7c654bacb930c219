-- A table that could not be locked comes first in the next attempt, before the queries that hold it wait for the others.
DO $$
DECLARE
    until timestamptz := clock_timestamp() + interval '{seconds} seconds';
    began timestamptz;
    one text;
    tables text[] := ARRAY[{tables}]::text[];
BEGIN
    LOOP
        BEGIN
            began := clock_timestamp();
            FOREACH one IN ARRAY tables LOOP
                PERFORM set_config('lock_timeout', greatest(
                    1, {patience} - (extract(epoch FROM clock_timestamp() - began) * 1000)::int
                )::text, true);
                EXECUTE 'LOCK TABLE ' || one || ' IN ACCESS EXCLUSIVE MODE';
            END LOOP;
            RETURN;
        EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
            IF clock_timestamp() > until THEN
                RAISE;
            END IF;
            tables := one || array_remove(tables, one);
            PERFORM pg_sleep(0.05);
        END;
    END LOOP;
END $$
