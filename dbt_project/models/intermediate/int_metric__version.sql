-- Definitions that change with time or issuer: of statements by the map of concepts, where another basis is another
-- version; of miners' figures by the labels of their reports.
with stated as (
    select
        case when metric = 'digital_assets' then 'digital_assets_usd_m' else metric end as metric,
        issuer as defined_by,
        taxonomy as standard,
        basis as definition,
        min(valid_from_date) as valid_from_date,
        min(known_at_utc) as known_at_utc
    from {{ source('raw', 'raw_ledger__concept') }}
    where {{ known_by() }}
    group by metric, issuer, taxonomy, basis
)

select
    metric,
    defined_by,
    standard,
    row_number() over (
        partition by metric, defined_by, standard
        order by valid_from_date, definition
    ) as definition_version,
    case when metric = 'shares' then 'shares' else 'USD million' end as unit,
    definition,
    valid_from_date,
    known_at_utc
from stated

union all

select
    metric,
    issuer as defined_by,
    'miners' as standard,
    definition_version,
    unit,
    concat('by the label that ', issuer, ' used at the time') as definition,
    min(period_start_date) as valid_from_date,
    min(known_at_utc) as known_at_utc
from {{ ref('int_production__unpivoted') }}
where {{ known_by() }}
group by metric, issuer, definition_version, unit
