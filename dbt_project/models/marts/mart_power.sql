-- Electricity of each country by year: what was added, against the year before, the world and the United States.
with generated as (
    select * from {{ as_of(source('raw', 'raw_ledger__electricity'), ['country', 'year']) }} as vintage
),

compared as (
    select
        here.country,
        here.country_code,
        here.year,
        here.generation_twh,
        here.generation_twh - before.generation_twh as added_twh,
        100.0 * (here.generation_twh - before.generation_twh) / before.generation_twh as added_pct,
        100.0 * here.generation_twh / world.generation_twh as of_world_pct,
        here.generation_twh / us.generation_twh as times_us,
        -- An average megawatt runs all hours of a year of 365.25 days.
        1000000.0 * (here.generation_twh - before.generation_twh) / 8766.0 as added_average_mw,
        here.citation,
        here.confidence,
        greatest(
            here.known_at_utc,
            coalesce(before.known_at_utc, here.known_at_utc),
            coalesce(world.known_at_utc, here.known_at_utc),
            coalesce(us.known_at_utc, here.known_at_utc)
        ) as known_at_utc
    from generated as here
    left join generated as before on here.country = before.country and here.year = before.year + 1
    left join generated as world on here.year = world.year and world.country = 'World'
    left join generated as us on here.year = us.year and us.country = 'United States'
)

select
    country,
    country_code,
    year,
    generation_twh,
    added_twh,
    added_pct,
    added_average_mw,
    of_world_pct,
    times_us,
    citation,
    confidence,
    known_at_utc
from compared
order by country, year
