-- Of each site and basis the rows of the newest day hold: what was under construction then stands there no longer once
-- a later day tells of the site on that basis.
with told as (
    select
        vintage.*,
        max(vintage.as_of_date) over (
            partition by vintage.issuer, vintage.told_for, vintage.site, vintage.basis
        ) as newest_date
    from {{
        as_of(source('raw', 'raw_ledger__capacity'), ['issuer', 'site', 'status', 'basis', 'as_of_date'])
    }} as vintage
)

select
    issuer,
    site,
    told_for,
    status,
    basis,
    as_of_date,
    as_of_precision,
    mw,
    as_of_date = newest_date as is_newest,
    status_as_told,
    timing,
    note,
    citation,
    confidence,
    known_at_utc
from told
order by issuer, site, status, basis, as_of_date
