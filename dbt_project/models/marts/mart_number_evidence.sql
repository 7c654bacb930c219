-- What each number of fct_financial_quarter is made of: its operands with their signs, and of each operand every word
-- that a filing or the ledger has had on it. The operands come from the terms that the number was summed of, the words
-- from the filings, so that adding them up again is a test of both.
with numbers as (

    select
        quarters.issuer,
        quarters.metric,
        case quarters.metric
            when 'digital_assets_usd_m' then 'digital_assets'
            else quarters.metric
        end as mapped_metric,
        quarters.calendar_quarter,
        concat(quarters.issuer, ' ', quarters.metric, ' ', quarters.calendar_quarter) as number_key,
        quarters.value as number_value,
        quarters.unit as number_unit,
        quarters.known_at_utc as number_known_at_utc,
        quarters.method,
        quarters.minuend_value,
        quarters.fiscal_year_start_date,
        quarters.period_start_date,
        quarters.period_end_date,
        {{ add_days('quarters.period_start_date', -1) }} as before_date,
        quarters.ledger_period_end_date,
        issuers.cik
    from {{ ref('fct_financial_quarter') }} as quarters
    inner join {{ ref('dim_issuer') }} as issuers on quarters.issuer = issuers.issuer

),

flows as (

    select
        *,
        fiscal_quarter > 1 as is_difference,
        fiscal_quarter > 1 and value is not null and (minuend_value is null or subtrahend_value is null) as is_by_itself
    from {{ ref('int_cashflow__quarter') }}
    where not ({{ is_nil_term() }})

),

terms as (

    select
        numbers.number_key,
        flows.issuer,
        flows.taxonomy,
        flows.concept,
        flows.unit,
        'duration' as period_type,
        flows.priority,
        flows.is_difference,
        flows.is_by_itself,
        case
            when flows.value is not null then flows.value
            when flows.is_difference then flows.minuend_value - flows.subtrahend_value
            else flows.minuend_value
        end as term_value,
        flows.fiscal_year_start_date as first_date,
        flows.period_end_date as last_date,
        flows.period_start_date as own_first_date,
        numbers.before_date,
        flows.minuend_accession,
        flows.subtrahend_accession,
        flows.reported_accession
    from flows
    inner join numbers
        on
            flows.issuer = numbers.issuer
            and flows.metric = numbers.mapped_metric
            and flows.fiscal_year_start_date = numbers.fiscal_year_start_date
            and flows.period_start_date = numbers.period_start_date
            and flows.period_end_date = numbers.period_end_date

    union all

    select
        numbers.number_key,
        balances.issuer,
        balances.taxonomy,
        balances.concept,
        balances.unit,
        'instant' as period_type,
        balances.priority,
        false as is_difference,
        false as is_by_itself,
        balances.value as term_value,
        coalesce(balances.balance_date, balances.period_end_date) as first_date,
        coalesce(balances.balance_date, balances.period_end_date) as last_date,
        balances.period_start_date as own_first_date,
        numbers.before_date,
        balances.accession as minuend_accession,
        null as subtrahend_accession,
        null as reported_accession
    from {{ ref('int_financial__instant') }} as balances
    inner join numbers
        on
            balances.issuer = numbers.issuer
            and balances.metric = numbers.mapped_metric
            and balances.fiscal_year_start_date = numbers.fiscal_year_start_date
            and balances.period_start_date = numbers.period_start_date
            and balances.period_end_date = numbers.period_end_date
    where not ({{ is_nil_term() }})

),

counted as (

    select
        *,
        row_number() over (partition by number_key order by priority, taxonomy, concept) as term_number,
        count(*) over (partition by number_key) as terms_count
    from terms

),

operands as (

    select
        number_key,
        issuer,
        taxonomy,
        concept,
        unit,
        period_type,
        first_date as period_start_date,
        last_date as period_end_date,
        term_number,
        terms_count,
        term_value,
        is_difference,
        case period_type when 'instant' then 'balance' else 'minuend' end as role,
        case when is_by_itself then 0 else 1 end as sign,
        minuend_accession as used_accession
    from counted

    union all

    select
        number_key,
        issuer,
        taxonomy,
        concept,
        unit,
        period_type,
        first_date as period_start_date,
        before_date as period_end_date,
        term_number,
        terms_count,
        term_value,
        is_difference,
        'subtrahend' as role,
        case when is_by_itself then 0 else -1 end as sign,
        subtrahend_accession as used_accession
    from counted
    where is_difference

    union all

    select
        number_key,
        issuer,
        taxonomy,
        concept,
        unit,
        period_type,
        own_first_date as period_start_date,
        last_date as period_end_date,
        term_number,
        terms_count,
        term_value,
        is_difference,
        'reported' as role,
        case when is_by_itself then 1 else 0 end as sign,
        reported_accession as used_accession
    from counted
    where reported_accession is not null

),

-- What filings say of the same days under concepts of the metric that the number is not made of.
elsewhere as (

    select
        numbers.number_key,
        facts.issuer,
        facts.taxonomy,
        facts.concept,
        facts.unit,
        facts.period_type,
        facts.period_start_date,
        facts.period_end_date,
        row_number() over (
            partition by numbers.number_key, facts.taxonomy, facts.concept, facts.period_type
            order by facts.period_end_date
        ) as place
    from numbers
    inner join (
        select distinct
            issuer,
            metric,
            taxonomy,
            concept,
            unit,
            period_type
        from {{ ref('int_concept__mapped') }}
    ) as mapped
        on
            numbers.issuer = mapped.issuer
            and numbers.mapped_metric = mapped.metric
            and numbers.number_unit = mapped.unit
    inner join {{ ref('int_fact__vintage') }} as facts
        on
            mapped.issuer = facts.issuer
            and mapped.taxonomy = facts.taxonomy
            and mapped.concept = facts.concept
            and mapped.unit = facts.unit
            and mapped.period_type = facts.period_type
            and (
                (
                    numbers.fiscal_year_start_date = facts.period_start_date
                    and facts.period_end_date in (numbers.before_date, numbers.period_end_date)
                )
                or (
                    numbers.period_start_date = facts.period_start_date
                    and numbers.period_end_date = facts.period_end_date
                )
                or (facts.period_type = 'instant' and numbers.period_end_date = facts.period_end_date)
                -- A cover stands at a date of its own.
                or (
                    facts.taxonomy = 'dei'
                    and facts.period_type = 'instant'
                    and numbers.minuend_value is not null
                    and numbers.period_end_date <= facts.period_end_date
                )
            )
    left join terms
        on
            numbers.number_key = terms.number_key
            and facts.taxonomy = terms.taxonomy
            and facts.concept = terms.concept
    where terms.number_key is null and numbers.fiscal_year_start_date is not null

),

facts as (

    select * from operands

    union all

    select
        number_key,
        issuer,
        taxonomy,
        concept,
        unit,
        period_type,
        period_start_date,
        period_end_date,
        null as term_number,
        null as terms_count,
        null as term_value,
        false as is_difference,
        'other_concept' as role,
        0 as sign,
        null as used_accession
    from elsewhere
    where taxonomy <> 'dei' or place = 1

),

-- Every filing's word on a fact, beside the first later one that gave another number.
words as (

    select
        *,
        value - lag(value) over (
            partition by issuer, taxonomy, concept, unit, period_type, period_start_date, period_end_date
            order by filing_number
        ) as change,
        lead(known_at_utc) over (
            partition by issuer, taxonomy, concept, unit, period_type, period_start_date, period_end_date
            order by filing_number
        ) as next_known_at_utc,
        max(case when coalesce(change_kind, 'first') <> 'unchanged' then filing_number end) over (
            partition by issuer, taxonomy, concept, unit, period_type, period_start_date, period_end_date
        ) as standing_number,
        min(case when coalesce(change_kind, 'first') <> 'unchanged' then filing_number end) over (
            partition by issuer, taxonomy, concept, unit, period_type, period_start_date, period_end_date
            order by filing_number
            rows between 1 following and unbounded following
        ) as replaced_by_number
    from {{ ref('fct_financial_xbrl') }}

),

filed as (

    select
        facts.*,
        words.accession,
        words.form,
        words.filed_date,
        words.value,
        words.change,
        words.change_kind,
        words.known_at_utc,
        words.known_at_basis,
        words.next_known_at_utc,
        replacing.accession as replaced_by,
        replacing.known_at_utc as replaced_at_utc,
        coalesce(words.filing_number, 0) as vintage_number,
        coalesce(
            case facts.role
                when 'other_concept' then words.filing_number = words.standing_number
                else words.accession = facts.used_accession
            end,
            false
        ) as is_used
    from facts
    left join words on {{ same_fact('facts', 'words') }}
    left join words as replacing
        on {{ same_fact('words', 'replacing') }} and words.replaced_by_number = replacing.filing_number
    -- What is missing is told of where it is wanted: not beside a quarter that is given by itself.
    where words.accession is not null or facts.sign <> 0

),

-- What the numbers on file made of the quarter at each moment that brought one, of one vintage or not.
on_file as (

    select
        moments.number_key,
        moments.known_at_utc,
        known.terms_count,
        known.term_number,
        case
            when max(case when known.is_difference then 1 else 0 end) = 0
                then max(case when known.role in ('minuend', 'balance') then known.value end)
            else coalesce(
                max(case known.role when 'minuend' then known.value end)
                - max(case known.role when 'subtrahend' then known.value end),
                max(case known.role when 'reported' then known.value end)
            )
        end as term_value
    from (
        select distinct
            number_key,
            known_at_utc
        from filed
        where role <> 'other_concept' and accession is not null
    ) as moments
    inner join filed as known
        on
            moments.number_key = known.number_key
            and moments.known_at_utc >= known.known_at_utc
            and (known.next_known_at_utc is null or moments.known_at_utc < known.next_known_at_utc)
    where known.role <> 'other_concept'
    group by moments.number_key, moments.known_at_utc, known.terms_count, known.term_number

),

numbers_then as (

    select
        number_key,
        known_at_utc,
        case when count(term_value) = max(terms_count) then sum(term_value) end as number_then
    from on_file
    group by number_key, known_at_utc

),

ledger as (

    select
        numbers.number_key,
        entries.period_start_date,
        entries.period_end_date,
        entries.value_usd_m * 1e6 as value,
        entries.source,
        entries.source_line,
        entries.citation,
        entries.known_at_utc,
        entries.known_at_basis,
        row_number() over vintages as vintage_number,
        count(*) over (partition by numbers.number_key) as vintages_count,
        lag(entries.value_usd_m) over vintages * 1e6 as previous_value,
        lead(entries.source) over vintages as next_source,
        lead(entries.source_line) over vintages as next_source_line,
        lead(entries.known_at_utc) over vintages as next_known_at_utc
    from numbers
    inner join {{ ref('stg_ledger__capex_quarter') }} as entries
        on
            numbers.issuer = entries.issuer
            and numbers.metric = entries.metric
            and numbers.ledger_period_end_date = entries.period_end_date
    where {{ known_by('entries.known_at_utc') }}
    window vintages as (partition by numbers.number_key order by entries.known_at_utc, entries.source_sha256)

),

evidence as (

    select
        filed.number_key,
        case filed.role when 'other_concept' then 2 else 1 end as part,
        filed.term_number,
        filed.term_value,
        filed.role,
        filed.sign,
        concat(
            filed.taxonomy,
            ':',
            filed.concept,
            case filed.period_type
                when 'instant' then ' on '
                else concat(' for ', cast(filed.period_start_date as {{ dbt.type_string() }}), ' to ')
            end,
            cast(filed.period_end_date as {{ dbt.type_string() }})
        ) as operand,
        filed.period_start_date,
        filed.period_end_date,
        filed.unit as operand_unit,
        filed.vintage_number,
        filed.is_used,
        filed.value as operand_value,
        filed.change,
        filed.change_kind,
        filed.replaced_by,
        filed.replaced_at_utc,
        case when filed.accession is not null then 'filing' end as source_kind,
        concat(filed.taxonomy, ':', filed.concept) as concept,
        filed.accession,
        filed.form,
        filed.filed_date,
        null as ledger_file,
        null as ledger_line,
        null as citation,
        filed.known_at_utc as operand_known_at_utc,
        filed.known_at_basis,
        case filed.role when 'other_concept' then null else numbers_then.number_then end as number_then
    from filed
    left join numbers_then
        on filed.number_key = numbers_then.number_key and filed.known_at_utc = numbers_then.known_at_utc

    union all

    select
        ledger.number_key,
        3 as part,
        null as term_number,
        null as term_value,
        'ledger' as role,
        case numbers.method when 'ledger' then 1 else 0 end as sign,
        concat(
            'ledger for ',
            cast(ledger.period_start_date as {{ dbt.type_string() }}),
            ' to ',
            cast(ledger.period_end_date as {{ dbt.type_string() }})
        ) as operand,
        ledger.period_start_date,
        ledger.period_end_date,
        'USD' as operand_unit,
        ledger.vintage_number,
        ledger.vintage_number = ledger.vintages_count as is_used,
        ledger.value as operand_value,
        ledger.value - ledger.previous_value as change,
        {{ change_kind('ledger.value', 'ledger.previous_value') }} as change_kind,
        case
            when ledger.next_source is not null
                then concat(ledger.next_source, ' line ', cast(ledger.next_source_line as {{ dbt.type_string() }}))
        end as replaced_by,
        ledger.next_known_at_utc as replaced_at_utc,
        'ledger' as source_kind,
        null as concept,
        null as accession,
        null as form,
        null as filed_date,
        ledger.source as ledger_file,
        ledger.source_line as ledger_line,
        ledger.citation,
        ledger.known_at_utc as operand_known_at_utc,
        ledger.known_at_basis,
        null as number_then
    from ledger
    inner join numbers on ledger.number_key = numbers.number_key

),

-- A number may be known only since a filing that repeated an operand: until then the two might have been of two
-- vintages.
judged as (

    select
        evidence.*,
        numbers.issuer,
        numbers.metric,
        numbers.calendar_quarter,
        numbers.number_value,
        numbers.number_unit,
        numbers.number_known_at_utc,
        numbers.cik,
        sum(case when evidence.is_used then evidence.sign * evidence.operand_value end) over number_rows as recomputed,
        max(
            case
                when
                    evidence.is_used
                    and evidence.part = 1
                    and evidence.operand_known_at_utc = numbers.number_known_at_utc
                    then 1
                else 0
            end
        ) over number_rows as is_known_by_operand
    from evidence
    inner join numbers on evidence.number_key = numbers.number_key
    window number_rows as (partition by evidence.number_key)

)

select
    'fct_financial_quarter' as published_table,
    'value' as published_column,
    number_key,
    issuer,
    metric,
    calendar_quarter,
    number_value,
    number_unit,
    cast(
        dense_rank() over (
            partition by number_key
            order by
                part, term_number,
                case role when 'subtrahend' then 2 when 'reported' then 3 else 1 end,
                concept, period_start_date, period_end_date
        ) as bigint
    ) as operand_number,
    cast(vintage_number as bigint) as vintage_number,
    role,
    cast(sign as bigint) as sign,
    operand,
    concept,
    period_start_date,
    period_end_date,
    operand_value,
    operand_unit,
    is_used,
    coalesce(
        part = 1 and not is_used and is_known_by_operand = 0 and operand_known_at_utc = number_known_at_utc, false
    ) as is_confirming,
    operand_known_at_utc,
    known_at_basis,
    change,
    change_kind,
    replaced_by,
    replaced_at_utc,
    source_kind,
    accession,
    form,
    filed_date,
    case
        when source_kind = 'ledger' then {{ citation_page('citation', 'cik') }}
        else {{ filing_page('cik', 'accession') }}
    end as filing_page,
    ledger_file,
    cast(ledger_line as bigint) as ledger_line,
    citation,
    cast(term_number as bigint) as term_number,
    term_value,
    case
        when not is_used or operand_unit <> number_unit then null
        when role = 'reported' and sign = 0 then operand_value - term_value
        when role = 'ledger' and sign = 0 then operand_value - number_value
    end as difference,
    number_then,
    abs(recomputed - number_value) <= 1e-9 * abs(number_value) as adds_up,
    greatest(number_known_at_utc, operand_known_at_utc) as known_at_utc
from judged
order by published_table, published_column, number_key, operand_number, vintage_number
