{#- What prices of one session, or of two in a row, are to each other. Ratios are of two closes. -#}

{#- Closes of two providers that are no further apart agree. -#}
{% macro close_tolerance_pct() -%}
    {{ limit('close_apart_pct') }}
{%- endmacro %}

{#- Distance of a close from another in percent of that one; the digits of a double that no price has are rounded off. -#}
{% macro difference_pct(close_usd, other_close_usd) -%}
    round(100.0 * abs({{ close_usd }} / {{ other_close_usd }} - 1.0), 9)
{%- endmacro %}

{#- How often the smaller one of two closes goes into the larger one. -#}
{% macro times_larger(ratio) -%}
    greatest({{ ratio }}, 1.0 / ({{ ratio }}))
{%- endmacro %}

{#- Predicate: one of two closes is ten times the other, within `tolerance`, a share of one. -#}
{% macro is_tenfold(ratio, tolerance) -%}
    abs({{ times_larger(ratio) }} / 10.0 - 1.0) <= {{ tolerance }}
{%- endmacro %}

{#- Predicate: a split of two shares or more for one, or one for as many, up to the largest looked for, would explain the ratio within `tolerance`. -#}
{% macro is_split_sized(ratio, tolerance) -%}
    round({{ times_larger(ratio) }}) between 2 and {{ limit('largest_split_looked_for') }}
    and abs({{ times_larger(ratio) }} / round({{ times_larger(ratio) }}) - 1.0) <= {{ tolerance }}
{%- endmacro %}

{#- When the close of a session is public: the quarter of an hour after the bell takes in closing auctions. -#}
{% macro close_known_at(close_utc) -%}
    {{ dbt.dateadd('minute', limit('bar_after_close_minutes'), close_utc) }}
{%- endmacro %}

{#- Relation: closes before splits and not before dividends, instrument x session. A close on the day of a split counts as
    known when the split was told. -#}
{% macro closes_across_splits() -%}
    (
        select
            prices.instrument,
            prices.session_date,
            prices.close_split_adjusted_usd as close_usd,
            greatest(prices.known_at_utc, coalesce(actions.known_at_utc, prices.known_at_utc)) as known_at_utc
        from {{ ref('fct_market_price_daily') }} as prices
        left join {{ ref('fct_market_action') }} as actions
            on
                prices.instrument = actions.instrument
                and prices.session_date = actions.ex_date
                and actions.action = 'split'
    )
{%- endmacro %}
