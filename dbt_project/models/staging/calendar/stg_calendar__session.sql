with source as (
    select * from {{ source('raw', 'raw_calendar__session') }}
),

renamed as (
    select
        exchange,
        session_date,
        open_utc,
        close_utc,
        is_half_day,
        known_at_utc,
        ingested_at_utc,
        source,
        source_sha256,
        parser_version
    from source
)

select * from renamed
