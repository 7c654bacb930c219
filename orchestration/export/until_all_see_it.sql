-- Who looks at the database as it was before the copy was committed would find the new tables empty, and is waited for first.
DO $$
DECLARE
    until timestamptz := clock_timestamp() + interval '{seconds} seconds';
BEGIN
    LOOP
        PERFORM pg_stat_clear_snapshot();
        EXIT WHEN NOT EXISTS (
            SELECT 1 FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid() AND age(backend_xmin) >= age('{number}'::xid)
        );
        IF clock_timestamp() > until THEN
            RAISE lock_not_available USING MESSAGE = 'a transaction that began before the copy was made is still open';
        END IF;
        PERFORM pg_sleep(0.02);
    END LOOP;
END $$
